package import Archiving
package import Model
import Synchronization

/// One backup on its way into the repository: frames from any number of workers, then one commit.
///
/// The first frames lie in the point object itself, so that a small backup is one object: one sync of a file, one of a
/// folder. Later ones go to packs. Nothing is visible before `commit`; `abandon` leaves nothing. After any failure only
/// `abandon` may follow. Safe on several threads.
package final class PointWriter: Sendable {
    /// Page frames that the point object takes.
    package static let inlineFrames = 64
    /// Page frames of a pack.
    package static let packFrames = 4096

    private struct State {
        var frames = 0
        var point: OpenObject?
        var pack: OpenObject?
        var packs: [ObjectName] = []
        var unfinished: [OpenObject] = []
        var bytes: UInt64 = 0
        var isOver = false
        /// The point may have got its name although committing it failed.
        var mayBeGood = false
    }

    package let sequence: SequenceNumber
    package let unit: UnitID
    let assembler = DeltaAssembler()

    private let objects: UnitStore
    private let compression: Compression
    private let inlineLimit: Int
    private let packLimit: Int
    private let state = Mutex(State())
    /// While it lasts, no prune takes away what the backup is built on.
    private let writing: UnitAccess.Writing

    init(
        _ sequence: SequenceNumber, in objects: UnitStore, compression: Compression, inlineFrames: Int = inlineFrames,
        packFrames: Int = packFrames
    ) {
        self.sequence = sequence
        self.objects = objects
        writing = objects.access.beginWriting()
        self.compression = compression
        unit = objects.unit
        inlineLimit = inlineFrames
        packLimit = packFrames
    }

    deinit { abandon() }

    package var id: BackupID { BackupID(unit: unit, sequence: sequence) }
    /// Hashes the pages of this repository.
    package var hasher: PageHasher { objects.hasher }
    /// Bytes of sealed pages so far.
    package var bytesStored: ByteCount { ByteCount(Int64(state.withLock { $0.bytes })) }

    /// A worker for one thread.
    package func worker() throws -> PageWorker { PageWorker(self, bench: try FrameBench(compression: compression)) }

    /// Makes the backup durable: packs, then the point under its number, then the names.
    ///
    /// All workers have finished. On return the backup is good.
    /// - Throws: `sequence-taken` when another writer took the number: start over; `step-refused` when the backup that it
    ///   is built on was deleted for good meanwhile: store all pages.
    package func commit(_ draft: PointDraft) throws -> PointRecord {
        let bench = try FrameBench(compression: compression)
        let (blocks, pages) = try assembler.finish { try write(.delta, $0, by: bench) }
        let packs = try finishPacks(by: bench)
        let record = PointRecord(
            unit: unit, sequence: sequence, isVoid: false, draft: draft, packs: packs, pagesStored: pages,
            bytesStored: bytesStored, blocks: blocks)
        try commit(record, by: bench)
        return record
    }

    /// Takes the number without a backup, so that no other writer can commit it.
    func commitVoid(_ draft: PointDraft) throws -> PointRecord {
        let record = PointRecord(
            unit: unit, sequence: sequence, isVoid: true, draft: draft, packs: [], pagesStored: 0, bytesStored: .zero,
            blocks: [])
        try commit(record, by: FrameBench(compression: compression))
        return record
    }

    /// Drops everything that was written, unless the backup has been committed. May be called again.
    package func abandon() {
        defer { writing.end() }
        let dropped = state.withLock { state in
            defer { state = State(isOver: true) }
            return state.isOver ? State() : state
        }
        dropped.point?.sink.abandon()
        for pack in dropped.unfinished { pack.sink.abandon() }
        // A point that may be good needs its packs; if it is not, they go when the repository is next opened.
        guard !dropped.mayBeGood else { return }
        for pack in dropped.packs { try? objects.store.delete(objects.path(pack)) }
    }

    // MARK: Frames

    /// Seals and appends a page frame.
    func store(
        _ plain: UnsafeRawBufferPointer, pageSize: Int, runs: [PageRun], sealed: UnsafeMutableRawBufferPointer,
        by bench: FrameBench
    ) throws -> (object: UInt32, frame: UInt32) {
        let object = try takePlace()
        let frame = try object.envelope.sealer.seal(.pages, plain, by: bench, into: sealed)
        try object.envelope.append(frame, UnsafeRawBufferPointer(sealed), pageSize: UInt32(pageSize), runs: runs)
        state.withLock { $0.bytes += UInt64(frame.storedLength) }
        if object.countAppended(), object.number > 0 { try finish(object, by: bench) }
        return (object.number, frame.index)
    }

    func submit(_ chunk: ChunkDelta, by bench: FrameBench) throws {
        try assembler.submit(chunk) { try write(.delta, $0, by: bench) }
    }

    private func write(_ kind: FrameKind, _ plain: [UInt8], by bench: FrameBench) throws {
        let point = try state.withLock { try openPoint(&$0) }
        let before = point.envelope.length
        try plain.withUnsafeBytes { _ = try point.envelope.write(kind, $0, by: bench) }
        let after = point.envelope.length
        if kind == .delta { state.withLock { $0.bytes += after - before } }
    }

    /// The object that takes the next page frame.
    private func takePlace() throws -> OpenObject {
        try state.withLock { state in
            state.frames += 1
            guard state.frames > inlineLimit else { return try openPoint(&state) }
            if let pack = state.pack, pack.taken < packLimit {
                pack.taken += 1
                return pack
            }
            let pack = try openPack(&state)
            pack.taken = 1
            return pack
        }
    }

    private func openPoint(_ state: inout State) throws -> OpenObject {
        guard !state.isOver else { throw Fault(.internalError, "backup \(id) is over") }
        if let point = state.point { return point }
        let point = try OpenObject(.point(sequence), number: 0, in: objects, frames: .max)
        state.point = point
        return point
    }

    private func openPack(_ state: inout State) throws -> OpenObject {
        guard !state.isOver else { throw Fault(.internalError, "backup \(id) is over") }
        let name = ObjectName.pack(sequence, try PointWriter.randomNumber())
        let pack = try OpenObject(name, number: UInt32(state.packs.count + 1), in: objects, frames: packLimit)
        state.packs.append(name)
        state.unfinished.append(pack)
        state.pack = pack
        return pack
    }

    static func randomNumber() throws -> UInt64 {
        try Randomness.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: Commit

    /// Completes a pack; its content is durable on return, its name is not.
    private func finish(_ pack: OpenObject, by bench: FrameBench) throws {
        try pack.envelope.finish(by: bench)
        try pack.sink.commit(as: objects.path(pack.name), syncNames: false)
        state.withLock { state in state.unfinished.removeAll { $0 === pack } }
    }

    private func finishPacks(by bench: FrameBench) throws -> [ObjectName] {
        let (packs, unfinished) = state.withLock { ($0.packs, $0.unfinished) }
        for pack in unfinished { try finish(pack, by: bench) }
        if let pack = packs.first { try objects.store.syncNames(of: objects.folder(of: pack)) }
        return packs
    }

    private func commit(_ record: PointRecord, by bench: FrameBench) throws {
        try write(.record, RecordCoding.encode(record), by: bench)
        let point = try state.withLock { try openPoint(&$0) }
        try point.envelope.finish(by: bench)
        do {
            try objects.access.committing {
                try requireBase(of: record)
                state.withLock { $0.mayBeGood = true }
                try point.sink.commit(as: objects.path(.point(sequence)), syncNames: true)
            }
        } catch let fault as Fault where fault.code == .targetExists {
            state.withLock { $0.mayBeGood = false }
            throw Fault(
                .sequenceTaken, "backup \(id) was committed by another writer",
                hint: "make sure that one daemon only uses this repository", cause: fault)
        }
        state.withLock { $0.isOver = true }
        writing.end()
    }

    /// - Throws: `sequence-taken`, `step-refused`.
    private func requireBase(of record: PointRecord) throws {
        guard let head = try objects.head() else { return }
        guard sequence > head.upTo else {
            throw Fault(.sequenceTaken, "the number of backup \(id) was taken by a prune", hint: "back up again")
        }
        guard let base = record.draft.preSequence, !head.lists(base) else { return }
        throw Fault(
            .stepRefused, "the backup that \(id) is built on, number \(base), was deleted meanwhile",
            hint: "it is made again from all pages")
    }
}
