import Archiving
package import Engines
package import Model
import Platform
package import Storage

/// What a backup is to be.
package struct BackupOrder: Sendable {
    /// A progressive where nothing is stored yet becomes a full.
    package var kind: BackupKind
    package var origin: BackupOrigin
    package var actor: Actor
    package var comment: String?
    package var preserve: Bool
    /// The schedule that asks for it.
    package var schedule: String?
    /// The newest backup has been deleted, so that it can't stand for a database that is unchanged since.
    package var isNewestUnusable = false
    /// Of one on demand: whether another has to wait afterwards.
    package var startsCooldown = true

    package init(
        kind: BackupKind, origin: BackupOrigin, actor: Actor, comment: String? = nil, preserve: Bool = false,
        schedule: String? = nil
    ) {
        self.kind = kind
        self.origin = origin
        self.actor = actor
        self.comment = comment
        self.preserve = preserve
        self.schedule = schedule
    }
}

extension BackupOrder {
    /// Whether a backup is wanted even if nothing has changed: somebody wants to keep, or find again, this very moment.
    fileprivate var makesPoint: Bool { preserve || !(comment ?? "").isEmpty || isNewestUnusable }
}

/// A state of a database that was seen to equal a backup's image, by the engine's token of it.
package struct KnownState: Sendable {
    package var backup: BackupID
    package var token: String

    package init(backup: BackupID, token: String) {
        self.backup = backup
        self.token = token
    }
}

/// Backs up one unit: a snapshot, compared with the newest sealed image, what differs stored, one commit.
package struct BackUp {
    package enum Outcome {
        /// `healed` is why every page had to be stored, if so.
        case made(PointRecord, read: ByteCount, notes: [SnapshotNote], healed: Fault?)
        /// The database is as in its newest backup.
        case unchanged(PointRecord, instant: Instant, token: String)
    }

    private let engine: any Engine
    private let database: FoundDatabase
    private let server: String
    private let unit: BackupUnit
    private let compression: Compression
    private let order: BackupOrder
    private let started: Instant
    private let known: KnownState?
    private let begin: @Sendable (ByteCount) -> Void
    private let throttle: Throttle
    private let step: @Sendable (Int) throws -> Void

    /// - Parameters:
    ///   - known: a later state that was seen to equal a backup's image; counts while that backup is the newest.
    ///   - begin: hears how much there is to read, at each attempt.
    ///   - step: hears of bytes read; throws to stop.
    package init(
        engine: any Engine, database: FoundDatabase, server: String, unit: BackupUnit, compression: Compression,
        order: BackupOrder, started: Instant, known: KnownState? = nil,
        throttle: Throttle = .unlimited, begin: @escaping @Sendable (ByteCount) -> Void = { _ in },
        step: @escaping @Sendable (Int) throws -> Void = { _ in }
    ) {
        self.engine = engine
        self.database = database
        self.server = server
        self.unit = unit
        self.compression = compression
        self.order = order
        self.started = started
        self.known = known
        self.throttle = throttle
        self.begin = begin
        self.step = step
    }

    /// Tries that may meet a commit before writers are held up.
    private static let gentleTries = 3

    /// A backup that doesn't fit the image before it, or can't read it, is made again from all pages: nobody has to mend a
    /// damaged repository before the next backup is good.
    ///
    /// - Throws: the faults of engine and repository.
    package func run() throws -> Outcome {
        let newest: PointRecord?
        do {
            newest = try unit.newest()
        } catch let fault as Fault where fault.code.isDamage {
            return try fromAllPages(after: nil, because: fault)
        }
        if order.kind == .progressive, !order.makesPoint, let newest, newest.draft.sourcePath.isSame(as: database.path),
            let token = token(of: newest),
            engine.changes(of: database, since: token) == .unchanged
        {
            return .unchanged(newest, instant: WallClock.now(), token: token)
        }
        do {
            return try retrying { try attempt(after: newest, patience: $0, healing: nil) }
        } catch let fault as Fault where newest != nil && (fault.code == .stepRefused || fault.code.isDamage) {
            return try fromAllPages(after: newest, because: fault)
        }
    }

    private func fromAllPages(after newest: PointRecord?, because fault: Fault) throws -> Outcome {
        try retrying { try attempt(after: newest, patience: $0, healing: fault) }
    }

    /// Starts over when a commit came in between; the last time by holding up writers.
    private func retrying(_ attempt: (Patience) throws -> Outcome) throws -> Outcome {
        for _ in 0..<Self.gentleTries {
            do {
                return try attempt(.fresh)
            } catch let fault as Fault where fault.code == .sourceChanged { continue }
        }
        return try attempt(.exhausted)
    }

    /// - Parameter healing: why the image before can't be built on: then every page is stored.
    private func attempt(after newest: PointRecord?, patience: Patience, healing: Fault?) throws -> Outcome {
        let snapshot = try engine.snapshot(of: database, patience: patience)
        defer { snapshot.close() }
        let writer = try unit.beginBackup(compression: compression)
        defer { writer.abandon() }
        // Asked again now that a prune knows of this backup: what it builds on stays.
        let base = healing == nil && newest != nil ? try unit.newest() : nil
        let matching = FileMatching(
            snapshot.files, before: base?.draft.files ?? [], sequence: writer.sequence,
            taken: try unit.takenFileIDs(before: writer.sequence, healing: healing != nil))
        // Asked after the snapshot is fixed: what it doesn't name can't have changed up to the snapshot.
        let finding = base.map { engine.changes(of: database, since: token(of: $0)) }
        let named = finding?.named(files: snapshot.files.count)
        let isFull = order.kind == .full || base == nil
        let readsNamedOnly = !isFull && named != nil
        begin(ByteCount(snapshot.files.reduce(0) { $0 + $1.length }))
        let image = try base.map { try unit.image(of: $0.sequence) }
        let capture = PageCapture(
            snapshot: snapshot, matching: matching, writer: writer, image: image,
            damage: try toStoreAgain(image, isFull: isFull), named: named, readsNamedOnly: readsNamedOnly,
            throttle: throttle, step: step)
        var tally = try capture.run()
        let closing = FileMatching(closing: try snapshot.finish(), after: matching)
        if !isFull, !order.makesPoint, let base, tally.pagesStored == 0,
            matching.isSameShape(as: base.draft.files), snapshot.isSame(as: base.draft.token)
        {
            if !readsNamedOnly { try check(tally, from: base.draft.postRoot) }
            return .unchanged(base, instant: snapshot.instant, token: snapshot.token)
        }
        try refuseTwins(matching.files + closing.files)
        if !closing.files.isEmpty { tally.add(try capture.completed(by: closing, after: tally).run()) }
        let root = base?.draft.postRoot ?? .empty
        if !readsNamedOnly { try check(tally, from: root) }
        let draft = PointDraft(
            kind: isFull ? .full : .progressive, origin: order.origin, actor: order.actor,
            schedule: order.schedule, comment: order.comment ?? "", started: started, finished: WallClock.now(),
            instant: snapshot.instant,
            engine: engine.kind, server: server, database: database.name, sourcePath: database.path,
            preRoot: base?.draft.postRoot, preSequence: base?.sequence, postRoot: tally.yields(from: root),
            files: matching.files + closing.files, cuts: matching.cuts, gone: matching.gone, token: snapshot.token,
            drift: try drift(tally, base), preserved: order.preserve)
        let record = try writer.commit(draft)
        return .made(record, read: ByteCount(Int64(tally.bytesRead)), notes: snapshot.notes, healed: healing)
    }

    /// What can't be restored must not be stored.
    private func refuseTwins(_ files: [ImageFile]) throws {
        guard files.count > 1 else { return }
        var paths: Set<NativePath> = []
        for file in files where !paths.insert(NativePath(file.path)).inserted {
            throw Fault(.internalError, "the snapshot of \(database.name) has \(file.path) twice")
        }
    }

    /// Frames whose pages are stored again although they have not changed: damaged ones, and in a full those that hold
    /// hardly anything of the newest image any more, so that reading an image never costs much more than its size.
    private func toStoreAgain(_ image: Image?, isFull: Bool) throws -> DamageList {
        var frames = try unit.damage()
        if isFull, let image { frames.formUnion(try image.mostlyDeadFrames()) }
        return frames
    }

    /// Two accounts of the new image must agree: the sum over all pages read, and the old image less what was replaced
    /// plus what was stored. And the old image must be the one that its backup says it is.
    private func check(_ tally: CaptureTally, from root: ImageRoot) throws {
        guard tally.met == root else {
            throw Fault(
                .stepRefused, "the stored pages of \(database.name) are not the image that its newest backup names",
                hint: "run `holdfast verify \(database.name.shellWord)`")
        }
        guard tally.yields(from: root) == tally.scanned else {
            throw Fault(
                .stepRefused, "the pages stored for \(database.name) do not yield the image that was read",
                hint: "nothing of it was committed")
        }
    }

    /// Pages that differ although nothing said that they had changed.
    private func drift(_ tally: CaptureTally, _ newest: PointRecord?) throws -> Drift? {
        guard tally.pagesDrifted > 0, let newest else { return nil }
        return Drift(suspectFrom: try unit.firstSuspect(upTo: newest), pages: tally.pagesDrifted)
    }

    /// The engine's token of a state that equals the backup's image.
    private func token(of record: PointRecord) -> String? {
        if let known, known.backup == record.id { return known.token }
        return record.draft.token.isEmpty ? nil : record.draft.token
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
    /// Whether the files are those of the image before, as long as they were; what only completed it doesn't count.
    fileprivate func isSameShape(as image: [ImageFile]) -> Bool {
        let lasting = image.count { !$0.isClosing }
        return files.count == lasting && gone.count == image.count - lasting
            && zip(files, before).allSatisfy { file, old in old?.length == file.length && old?.pages == file.pages }
    }
}
