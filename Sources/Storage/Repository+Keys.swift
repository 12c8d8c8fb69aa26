package import Archiving
package import Model

extension Repository {
    /// The keys that can be read, oldest first.
    package func keys() throws -> [KeySlot] { try Self.readableSlots(in: store) }

    /// Adds a key; nothing else is rewritten. Durable on return.
    ///
    /// - Parameter cost: of a passphrase.
    /// - Throws: `wrong-usage` for an empty passphrase or a short key file.
    @discardableResult
    package func addKey(_ secret: KeySecret, label: String, now: Instant, cost: ScryptCost = .standard) throws
        -> KeySlot
    {
        try requireWritable()
        let slot = try KeySlot(wrapping: master, under: secret, of: id, label: label, created: now, cost: cost)
        // The sealed copy comes first: a slot without one counts as tampered with.
        try putSeal(of: slot)
        try store.put(Self.path(slot.id), slot.encoded())
        return slot
    }

    /// Removes a key. It stops future opening; whoever kept a copy of the slot can still use it.
    ///
    /// - Throws: `last-key`, `not-found`.
    package func removeKey(_ slot: Identifier) throws {
        try requireWritable()
        let names = try store.list(Self.keysFolder)
        guard names.contains(slot.description) else {
            throw Fault(.notFound, "there is no key \(slot)", hint: "see `holdfast repository keys list`")
        }
        guard try keys().contains(where: { $0.id != slot }) else {
            throw Fault(
                .lastKey, "key \(slot) is the last one: without it nothing can be restored",
                hint: "add another key first")
        }
        // The other way round, a kill in between would bring the slot back from its sealed copy.
        try store.delete(Self.sealPath(slot))
        try store.syncNames(of: Self.keysFolder)
        try store.delete(Self.path(slot))
        try store.syncNames(of: Self.keysFolder)
    }

    /// Slots that are there and well formed.
    static func readableSlots(in store: any ObjectStore) throws -> [KeySlot] {
        var damage: Fault?
        var slots: [KeySlot] = []
        for name in try store.list(keysFolder) where Identifier(name) != nil {
            do {
                slots.append(try KeySlot(store.read("\(keysFolder)/\(name)", limit: 1 << 16), name: name))
            } catch let fault as Fault {
                damage = fault
            }
        }
        if slots.isEmpty {
            throw damage
                ?? Fault(
                    .keyDamaged, "repository \(store.location) has no key slots left",
                    hint: "bring the folder \(keysFolder) back from a copy of the repository")
        }
        return slots.sorted { ($0.created, $0.id.description) < ($1.created, $1.id.description) }
    }

    // MARK: Sealed copies

    // A slot that the key at hand doesn't open can't be checked by opening it. So each has a copy sealed under the master
    // key: `keys/<slot>.seal`.

    static func path(_ slot: Identifier) -> String { "\(keysFolder)/\(slot)" }
    static func sealPath(_ slot: Identifier) -> String { "\(keysFolder)/\(slot).seal" }

    private func putSeal(of slot: KeySlot) throws {
        let bench = try FrameBench()
        let sink = try store.create(in: Self.keysFolder)
        do {
            let envelope = try EnvelopeWriter(
                sealIdentity(slot.id), name: Self.sealPath(slot.id), key: master, to: sink)
            try slot.encoded().withUnsafeBytes { _ = try envelope.write(.record, $0, by: bench) }
            try envelope.finish(by: bench)
            try sink.commit(as: Self.sealPath(slot.id), syncNames: true)
        } catch {
            sink.abandon()
            throw error
        }
    }

    /// The slot as it was written.
    func sealedSlot(_ slot: Identifier, by bench: FrameBench) throws -> [UInt8] {
        let name = Self.sealPath(slot)
        let reader = try EnvelopeReader(
            sealIdentity(slot), name: name, key: master, from: store.open(name), by: bench)
        guard reader.frameCount == 1 else { throw Fault(.keyDamaged, "\(name) is damaged") }
        return try reader.read(0, .record, by: bench)
    }

    /// Writes slots anew whose file is gone; also completes adding a key.
    func restoreLostSlots() throws {
        let names = Set(try store.list(Self.keysFolder))
        let bench = try FrameBench()
        for name in names where name.hasSuffix(".seal") {
            guard let slot = Identifier(String(name.dropLast(5))), !names.contains(slot.description),
                let bytes = try? sealedSlot(slot, by: bench)
            else { continue }
            try store.put(Self.path(slot), bytes)
        }
    }

    private func sealIdentity(_ slot: Identifier) -> EnvelopeIdentity {
        EnvelopeIdentity(
            kind: .mark, repository: id, unit: UnitID(bytes: [UInt8](repeating: 0, count: 16)), sequence: 0,
            qualifier: slot.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
