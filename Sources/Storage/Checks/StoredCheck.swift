import Archiving
import Model
import Platform
import Synchronization

/// Opens every frame of objects, on several threads.
struct StoredCheck: Sendable {
    let unit: UnitStore
    let threads: Int

    /// What is wrong with one object.
    struct Damage: Sendable {
        var item: DamageList.Item
        var fault: Fault
    }

    /// - Parameter onObject: called with the bytes of each object that was read, from several threads.
    /// - Returns: what is damaged, in the order of `names`.
    func run(_ names: [ObjectName], onObject: @escaping @Sendable (UInt64) throws -> Void) throws -> [Damage] {
        let found = Mutex<[(Int, Damage)]>([])
        let next = SharedCounter()
        try Threads.runAll(
            "stored-check",
            (0..<min(threads, max(1, names.count))).map { _ in
                { @Sendable in
                    let bench = try FrameBench()
                    while true {
                        let index = next.take()
                        guard index < names.count else { return }
                        let (damage, bytes) = try check(names[index], by: bench)
                        if let damage { found.withLock { $0.append((index, damage)) } }
                        try onObject(bytes)
                    }
                }
            })
        return found.withLock { $0.sorted { $0.0 < $1.0 }.map(\.1) }
    }

    private func check(_ name: ObjectName, by bench: FrameBench) throws -> (Damage?, UInt64) {
        let reader: EnvelopeReader
        do {
            reader = try unit.open(name, by: bench)
        } catch let fault as Fault {
            return (Damage(item: DamageList.Item(object: name, frames: nil), fault: fault), 0)
        }
        var damaged: [UInt32] = []
        var first: Fault?
        let pages = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameKind.pages.plainLimit, alignment: 64)
        defer { pages.deallocate() }
        for (index, entry) in reader.contents.entries.enumerated() {
            do {
                if entry.kind == .pages {
                    let count = try reader.payload(UInt32(index), .pages, into: pages, by: bench)
                    try checkRuns(UInt32(index), entry, reader, count)
                } else {
                    _ = try reader.payload(UInt32(index), entry.kind, by: bench)
                }
            } catch let fault as Fault {
                damaged.append(UInt32(index))
                first = first ?? fault
            }
        }
        if first == nil {
            do { try checkRecord(name, reader, by: bench) } catch let fault as Fault { first = fault }
        }
        let damage = first.map { Damage(item: DamageList.Item(object: name, frames: damaged), fault: $0) }
        return (damage, reader.length)
    }

    private func checkRuns(
        _ index: UInt32, _ entry: ContentsTable.Entry, _ reader: EnvelopeReader, _ bytes: Int
    ) throws {
        let pages = reader.contents.runs(of: entry).reduce(0) { $0 + Int($1.count) }
        guard pages * Int(entry.pageSize) == bytes else {
            throw Fault(.packDamaged, "\(reader.name) is damaged: frame \(index) does not hold the pages it promises")
        }
    }

    private func checkRecord(_ name: ObjectName, _ reader: EnvelopeReader, by bench: FrameBench) throws {
        switch name {
        case .point: _ = try SealedLayer(name, LayerRecord(unit.record(of: reader, by: bench)), in: reader)
        case .map: _ = try SealedLayer(name, LayerRecord(unit.mapRecord(name, of: reader, by: bench)), in: reader)
        case .head: _ = try unit.headRecord(of: reader, by: bench)
        case .mark: _ = try unit.decode(Mark.self, reader, by: bench)
        case .log(let span): _ = try unit.logRecord(span, of: reader, by: bench)
        case .pack, .fold: break
        }
    }
}
