import Archiving
import Engines
import Model
import Platform
import Storage

/// What a backup is to be.
struct BackupOrder: Sendable {
    /// A progressive where nothing is stored yet becomes a full.
    var kind: BackupKind
    var origin: BackupOrigin
    var actor: Actor
    var comment: String?
    var preserve = false
}

/// Backs up one unit: a snapshot, compared with the newest sealed image, what differs stored, one commit.
struct BackUp {
    enum Outcome {
        case made(PointRecord, read: ByteCount, notes: [SnapshotNote])
        /// The database is as in its newest backup.
        case unchanged(PointRecord, instant: Instant, token: String)
    }

    let engine: any Engine
    let database: FoundDatabase
    let server: String
    let unit: BackupUnit
    let compression: Compression
    let order: BackupOrder
    let started: Instant
    /// The engine's token of a state that is known to equal the newest image.
    let token: String?
    let begin: @Sendable (ByteCount) -> Void
    let step: @Sendable (Int) throws -> Void

    /// Tries that may meet a commit before writers are held up.
    private static let gentleTries = 3

    /// - Throws: the faults of engine and repository; `step-refused` when what was read and what was stored don't fit.
    func run() throws -> Outcome {
        let newest = try unit.newest()
        if order.kind == .progressive, newest != nil, let newest, let token = token ?? Self.token(of: newest),
            engine.changes(of: database, since: token) == .unchanged
        {
            return .unchanged(newest, instant: WallClock.now(), token: token)
        }
        var tries = 0
        while true {
            tries += 1
            do {
                return try attempt(after: newest, patience: tries > Self.gentleTries ? .exhausted : .fresh)
            } catch let fault as Fault where fault.code == .sourceChanged && tries <= Self.gentleTries + 1 {
                continue
            }
        }
    }

    private func attempt(after newest: PointRecord?, patience: Patience) throws -> Outcome {
        let snapshot = try engine.snapshot(of: database, patience: patience)
        defer { snapshot.close() }
        let writer = try unit.beginBackup(compression: compression)
        defer { writer.abandon() }
        let matching = FileMatching(
            snapshot.files, before: newest?.draft.files ?? [], highestID: newest?.draft.files.map(\.id).max() ?? 0,
            sequence: writer.sequence)
        // Asked after the snapshot is fixed: what it doesn't name can't have changed up to the snapshot.
        let finding = newest.map { engine.changes(of: database, since: token ?? Self.token(of: $0)) }
        let named = finding?.named(files: snapshot.files.count)
        let isFull = order.kind == .full || newest == nil
        let readsNamedOnly = !isFull && named != nil
        begin(ByteCount(snapshot.files.reduce(0) { $0 + $1.length }))
        let capture = PageCapture(
            snapshot: snapshot, matching: matching, writer: writer,
            image: try newest.map { try unit.image(of: $0.sequence) }, damage: try unit.damage(), named: named,
            readsNamedOnly: readsNamedOnly, step: step)
        let tally = try capture.run()
        try snapshot.finish()
        let root = (newest?.draft.postRoot ?? .empty)
        if !readsNamedOnly { try check(tally, from: root) }
        if !isFull, let newest, tally.pagesStored == 0, matching.isSameShape(as: newest.draft.files) {
            return .unchanged(newest, instant: snapshot.instant, token: snapshot.token)
        }
        let draft = PointDraft(
            kind: isFull ? .full : .progressive, origin: order.origin, actor: order.actor,
            comment: order.comment ?? "", started: started, finished: WallClock.now(), instant: snapshot.instant,
            engine: engine.kind, server: server, database: database.name, sourcePath: database.path,
            preRoot: newest?.draft.postRoot, preSequence: newest?.sequence, postRoot: tally.yields(from: root),
            files: matching.files, cuts: matching.cuts, gone: matching.gone, token: snapshot.token,
            drift: try drift(tally, newest), preserved: order.preserve)
        let record = try writer.commit(draft)
        let pageSize = UInt64(matching.files.first?.pageSize ?? 0)
        return .made(record, read: ByteCount(Int64(tally.pagesRead * pageSize)), notes: snapshot.notes)
    }

    /// Two accounts of the new image must agree: the sum over all pages read, and the old image less what was replaced
    /// plus what was stored. And the old image must be the one that its backup says it is.
    private func check(_ tally: CaptureTally, from root: ImageRoot) throws {
        guard tally.met == root else {
            throw Fault(
                .stepRefused, "the stored pages of \(database.name) are not the image that its newest backup names",
                hint: "run `holdfast verify \(database.name)`; the next full stores what is missing again")
        }
        guard tally.yields(from: root) == tally.scanned else {
            throw Fault(
                .stepRefused, "the pages stored for \(database.name) do not yield the image that was read",
                hint: "nothing was committed; the backup is made again from all pages")
        }
    }

    /// Pages that differ although nothing said that they had changed.
    private func drift(_ tally: CaptureTally, _ newest: PointRecord?) throws -> Drift? {
        guard tally.pagesDrifted > 0, let newest else { return nil }
        return Drift(suspectFrom: try unit.firstSuspect(upTo: newest), pages: tally.pagesDrifted)
    }

    private static func token(of record: PointRecord) -> String? {
        record.draft.token.isEmpty ? nil : record.draft.token
    }
}

extension ChangeFinding {
    /// The pages that may have changed, by file; nil when any may have.
    fileprivate func named(files: Int) -> [Int: Set<UInt32>]? {
        switch self {
        case .unchanged: [:]
        case .pages(let pages): pages
        case .unknown: nil
        }
    }
}

extension FileMatching {
    /// Whether the files are those of the image before, as long as they were.
    fileprivate func isSameShape(as image: [ImageFile]) -> Bool {
        gone.isEmpty && files.count == image.count
            && zip(files, before).allSatisfy { file, old in old?.length == file.length && old?.pages == file.pages }
    }
}
