import Archiving
import Model
import Synchronization

/// A head, and the object that it was read from.
struct KnownHead {
    let head: Head
    let name: ObjectName
    /// The start of the object, in which its salt is: no other object has it.
    let start: [UInt8]
}

extension UnitStore {
    private static let startLength = 96

    /// The head that decides: of the highest generation; nil for a unit that was never pruned.
    ///
    /// - Throws: `repository-damaged` when no copy of it can be read: older heads name what may be gone.
    func head() throws -> Head? {
        var newest = try headNames()
        while let generation = newest?.generation {
            if let known = knownHead.withLock({ $0 }), known.head.generation == generation, isStillThere(known) {
                return known.head
            }
            do {
                let known = try readHead(generation, newest?.copies ?? [])
                knownHead.withLock { $0 = known }
                return known.head
            } catch let fault as Fault {
                // A prune may have put another one in its place meanwhile.
                let again = try headNames()
                guard again?.generation != generation else { throw fault }
                newest = again
            }
        }
        return nil
    }

    /// To be called when the last head was deleted.
    func forgetHead() {
        knownHead.withLock { $0 = nil }
        memory.note { $0.forget() }
    }

    private func headNames() throws -> (generation: UInt64, copies: [UInt64])? {
        var found: (generation: UInt64, copies: [UInt64])?
        for case .head(let generation, let copy) in try list("heads") {
            if found.map({ $0.generation < generation }) ?? true { found = (generation, []) }
            if found?.generation == generation { found?.copies.append(copy) }
        }
        return found
    }

    /// The repository may have been replaced by another state of it, whose head of that generation says something else.
    private func isStillThere(_ known: KnownHead) -> Bool { (try? start(of: known.name)) == known.start }

    private func start(of name: ObjectName) throws -> [UInt8] {
        let object = try store.open(path(name))
        return try [UInt8](unsafeUninitializedCapacity: Self.startLength) { buffer, count in
            count = try object.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
    }

    private func readHead(_ generation: UInt64, _ copies: [UInt64]) throws -> KnownHead {
        var damage: Fault?
        let bench = try FrameBench()
        for copy in copies {
            do {
                let name = ObjectName.head(generation, copy: copy)
                // Before the object is read: one that takes its place meanwhile has another start.
                let start = (try? start(of: name)) ?? []
                let head = try headRecord(of: open(name, by: bench), by: bench)
                return KnownHead(head: head, name: name, start: start)
            } catch let fault as Fault { damage = damage ?? fault }
        }
        throw damage ?? Fault(.repositoryDamaged, "the head \(generation) of unit \(unit) is missing")
    }

    func headRecord(of reader: EnvelopeReader, by bench: FrameBench) throws -> Head {
        let head = try decode(Head.self, reader, by: bench)
        let isAscending = zip(head.points, head.points.dropFirst()).allSatisfy { $0.sequence < $1.from }
        guard head.generation == reader.identity.sequence, isAscending,
            head.points.allSatisfy({ $0.from >= 1 && $0.from <= $0.sequence && $0.sequence <= head.upTo })
        else { throw Fault(.repositoryDamaged, "\(reader.name) is damaged: it is another head's record") }
        return head
    }

    /// Writes one copy; durable on return.
    func put(_ head: Head, copy: UInt64, by bench: FrameBench) throws {
        let name = ObjectName.head(head.generation, copy: copy)
        let object = try OpenObject(name, number: 0, in: self, frames: .max)
        do {
            try head.encoded.withUnsafeBytes { _ = try object.envelope.write(.record, $0, by: bench) }
            try object.envelope.finish(by: bench)
            try object.sink.commit(as: path(name), syncNames: true)
        } catch {
            object.sink.abandon()
            throw error
        }
    }
}
