import Platform

/// Follows the log of a database in use from one generation to the next without a gap.
///
/// It writes nothing and forces nothing: it shares one of two locks that readers share, and passes from one to the other.
/// - `log`: a reader's slot that nobody uses. The log isn't started over; checkpoints go on. Held while frames may come
///   that were not read yet.
/// - `main`: slot 0. Nothing is folded back, so that a generation begun now can't be ended. Taken, with the other still
///   held, once everything committed has been read and folded back; then the log may be started over, which the new
///   generation's salts tell, and the other lock is taken again before this one is let go.
///
/// A client that heeds no lock, in exclusive mode or the last one to leave, is noticed by the salts or the names.
/// Source of the locks: `walCheckpoint`, `walRestartLog`, `walTryBeginRead` of wal.c in SQLite 3.40.
struct FollowedLog: Sendable {
    private enum Hold {
        case log(slot: Int)
        /// `mayEnd`: nothing was written to the generation since it was read and folded back.
        case main(mayEnd: Bool)
    }

    /// What was written from one snapshot to the next.
    private struct Stretch {
        var start: LogPlace
        var pages = LoggedPages()
    }

    /// For longer we don't keep a log from being folded back or started over.
    static let longestHold = Duration.seconds(1)
    private static let triesToFree = 20
    /// A log without a commit for so long needs nobody who follows it.
    static let longestRest = Duration.seconds(60)

    private let source: DatabaseSource
    private let log: File
    private let shared: File
    private var hold: Hold
    /// Up to here everything was read.
    private var place: LogPlace
    private var stretches: [Stretch]
    private var pace = FollowingPace()
    private var lastCommit = BootClock.now()
    /// Since when the log would go on, were it not for a lock of ours.
    private var inTheWaySince: Duration?

    /// - Parameter place: of a snapshot that still keeps the log from being started over.
    /// - Returns: nil when there is no slot that nobody uses, or the log has gone on already.
    init?(_ source: DatabaseSource, from place: LogPlace) throws {
        guard let log = try source.open("-wal"), let shared = try source.open("-shm"),
            let slot = try Self.takeUnusedSlot(shared)
        else { return nil }
        self.source = source
        self.log = log
        self.shared = shared
        self.place = place
        hold = .log(slot: slot)
        stretches = [Stretch(start: place)]
        guard let index = try SharedIndex.settled(shared), (try? follow(to: LogPlace(index))) != nil else { return nil }
    }

    /// A slot whose mark stays unused after it is shared: nobody began to use it meanwhile.
    private static func takeUnusedSlot(_ shared: File) throws -> Int? {
        for _ in 0..<3 {
            guard let slot = try SharedIndex.settled(shared)?.unusedSlot else { return nil }
            guard try FileLock.tryShared(shared, SQLiteLock.reader(slot)) else { continue }
            if try SharedIndex.settled(shared)?.marks[slot] == SharedIndex.unusedMark { return slot }
            try FileLock.unlock(shared, SQLiteLock.reader(slot))
        }
        return nil
    }
}

extension FollowedLog {
    mutating func look() throws -> Duration? {
        try checkFiles()
        if let index = try SharedIndex.read(shared) { try take(index) }
        let now = BootClock.now()
        if let since = inTheWaySince, now - since > Self.longestHold {
            throw LogDoubt(reason: "readers keep the write-ahead log from being passed on")
        }
        guard now - lastCommit < Self.longestRest else { return nil }
        let wait = pace.wait(at: place.frame, now: now, isFree: isFree)
        return inTheWaySince == nil ? wait : .seconds(FollowingPace.shortest)
    }

    mutating func mark(_ place: LogPlace) throws {
        if place != self.place, place.isAtOrAfter(self.place) { try follow(to: place) }
        // Without one of its own, what is named for a snapshot is only more than need be.
        guard self.place == place, stretches.last?.start != place, stretches.count < 64 else { return }
        stretches.append(.init(start: place))
    }

    mutating func pages(since place: LogPlace) throws -> (LoggedPages, LogPlace)? {
        guard let first = stretches.lastIndex(where: { place.isAtOrAfter($0.start) }) else { return nil }
        try checkFiles()
        try take(try index())
        stretches.removeFirst(first)
        var found = LoggedPages()
        for stretch in stretches { found.add(stretch.pages) }
        try found.checkCount()
        return (found, self.place)
    }

    private var isFree: Bool { if case .main(mayEnd: true) = hold { true } else { false } }

    /// The files are those that clients use. Without clients the next one sets up the index anew, which older releases of
    /// SQLite can't while anybody holds a slot.
    private func checkFiles() throws {
        guard try FileIdentity(log.status()).isSameFile(as: source.identity("-wal")),
            try FileIdentity(shared.status()).isSameFile(as: source.identity("-shm")), try source.isInPlace(),
            try SharedIndex.isInUse(shared)
        else { throw LogDoubt.gone }
    }

    private func index() throws -> SharedIndex {
        guard let index = try SharedIndex.settled(shared) else { throw LogDoubt.unsettled }
        return index
    }

    private mutating func take(_ index: SharedIndex) throws {
        try follow(to: LogPlace(index))
        switch hold {
        case .log(let slot): if index.isFoldedBack { try freeLog(slot) } else { inTheWaySince = nil }
        case .main(mayEnd: true): break
        case .main(mayEnd: false): try holdLog()
        }
    }

    /// Lets the log be started over, once everything in it is folded back and read.
    ///
    /// Behind a busy writer that is so for a moment after each of its checkpoints: hence more than one try. What is
    /// committed after the second look doesn't matter: it isn't folded back any more, so the log isn't started over.
    private mutating func freeLog(_ slot: Int) throws {
        inTheWaySince = inTheWaySince ?? BootClock.now()
        for _ in 0..<Self.triesToFree {
            if try SharedIndex.read(shared)?.isFoldedBack ?? false,
                try FileLock.tryShared(shared, SQLiteLock.reader(0))
            {
                if let index = try SharedIndex.read(shared), index.isFoldedBack {
                    try follow(to: LogPlace(index))
                    try FileLock.unlock(shared, SQLiteLock.reader(slot))
                    hold = .main(mayEnd: true)
                    inTheWaySince = nil
                    return
                }
                try FileLock.unlock(shared, SQLiteLock.reader(0))
            }
            StampClock.pause(nanoseconds: 20_000)
        }
    }

    /// Lets the log be folded back, now that something is in it that is not.
    private mutating func holdLog() throws {
        inTheWaySince = inTheWaySince ?? BootClock.now()
        guard let slot = try Self.takeUnusedSlot(shared) else { return }
        hold = .log(slot: slot)
        inTheWaySince = nil
        try follow(to: LogPlace(try index()))
        try FileLock.unlock(shared, SQLiteLock.reader(0))
    }

    /// Reads up to `end`, which may be in the generation begun since only if the one before could end.
    private mutating func follow(to end: LogPlace) throws {
        if isFree, place.restarts(to: end.salts) == 1 {
            pace.ended(after: place.frame)
            place = LogPlace(startOf: end.salts)
        }
        guard end.salts == place.salts else { throw LogDoubt.gone }
        let found = try LogTrail.pages(in: log, from: place, to: end)
        guard end.frame > place.frame else { return }
        if isFree { hold = .main(mayEnd: false) }
        lastCommit = BootClock.now()
        place = end
        stretches[stretches.count - 1].pages.add(found)
        try stretches[stretches.count - 1].pages.checkCount()
    }
}
