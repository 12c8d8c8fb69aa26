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
/// A client that heeds no lock, in exclusive mode or the last one to leave, is noticed by the salts, the names, or the main
/// file's stamps. An application that asks for its log to be truncated and won't wait is told that it is busy, as with any
/// reader; one that does so again and again isn't followed.
/// Source of the locks: `walCheckpoint`, `walRestartLog`, `walTryBeginRead` of wal.c in SQLite 3.40.
struct FollowedLog: Sendable {
    private enum Hold {
        case log(slot: Int)
        /// `mayEnd`: nothing was written to the generation since it was read and folded back, as `main` then was.
        case main(mayEnd: Bool)
    }

    /// What was written from one snapshot to the next.
    private struct Stretch {
        var generation: Int
        var start: LogPlace
        var pages = LoggedPages()
    }

    /// Longer, or for more frames, we don't keep a log from being folded back or started over.
    static let longestHold = Duration.seconds(1)
    static let mostFrames: UInt32 = 16 * FollowingPace.usualLength
    /// A log without a commit for so long needs nobody who follows it.
    static let longestRest = Duration.seconds(60)
    private static let triesToFree = 20
    private static let mostTruncations = 3

    private let source: DatabaseSource
    private let log: File
    private let shared: File
    private var hold: Hold
    /// Up to here everything was read.
    private var place: LogPlace
    /// The generations that were followed, counted.
    private var generations: [LogSalts: Int]
    private var stretches: [Stretch]
    private var pace = FollowingPace()
    private var lastCommit = BootClock.now()
    /// Since when the log might have gone on, were it not for a lock of ours.
    private var inTheWay: (since: Duration, frame: UInt32)?
    /// Of the main file, when everything had been folded back.
    private var folded: FileIdentity?
    private var truncations = 0

    /// - Parameter place: of a snapshot that still keeps the log from being started over.
    /// - Returns: nil when there is no slot that nobody uses, or the log has gone on already.
    init?(_ source: DatabaseSource, from place: LogPlace) throws {
        guard place.salts != .none, let log = try source.open("-wal"), let shared = try source.open("-shm"),
            let slot = try Self.takeUnusedSlot(shared)
        else { return nil }
        self.source = source
        self.log = log
        self.shared = shared
        self.place = place
        hold = .log(slot: slot)
        generations = [place.salts: 0]
        stretches = [Stretch(generation: 0, start: place)]
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
    /// - Returns: how long to wait for the next look; nil when nobody needs it any more.
    mutating func look() throws -> Duration? {
        try checkFiles()
        try take(try index(tries: 10))
        let now = BootClock.now()
        if let inTheWay {
            let frames = place.frame > inTheWay.frame ? place.frame - inTheWay.frame : 0
            guard now - inTheWay.since < Self.longestHold, frames < Self.mostFrames else { throw LogDoubt.inTheWay }
        }
        guard now - lastCommit < Self.longestRest else { return nil }
        let wait = pace.wait(at: place.frame, now: now, isFree: isFree)
        return inTheWay == nil ? wait : .seconds(FollowingPace.shortest)
    }

    mutating func mark(_ place: LogPlace) throws {
        let isAhead = place.salts == self.place.salts && place.frame > self.place.frame
        if isAhead || isFree && self.place.salts.isFollowed(by: place.salts) { try follow(to: place) }
        // Without one of its own, what is named for a snapshot is only more than need be.
        guard self.place.isSame(as: place), stretches.count < 64, let last = stretches.last,
            !last.start.isSame(as: place)
        else { return }
        stretches.append(Stretch(generation: generations[place.salts] ?? 0, start: place))
    }

    /// - Returns: what was written from `place` on, a superset, and the place up to which; nil when it was not followed.
    mutating func pages(since place: LogPlace) throws -> (LoggedPages, LogPlace)? {
        guard let generation = generations[place.salts],
            let first = stretches.lastIndex(where: { stretch in
                (stretch.generation, stretch.start.frame) <= (generation, place.frame)
            })
        else { return nil }
        try checkFiles()
        try take(try index())
        stretches.removeFirst(first)
        let oldest = stretches[0].generation
        generations = generations.filter { $0.value >= oldest }
        var found = LoggedPages()
        for stretch in stretches { try found.add(stretch.pages) }
        return (found, self.place)
    }

    private var isFree: Bool { if case .main(mayEnd: true) = hold { true } else { false } }

    /// The files are those that clients use, by the rules. Without clients the next one sets up the index anew, which older
    /// releases of SQLite can't while anybody holds a slot.
    private func checkFiles() throws {
        guard try FileIdentity(log.status()).isSameFile(as: source.identity("-wal")),
            try FileIdentity(shared.status()).isSameFile(as: source.identity("-shm")), try source.isInPlace(),
            try SharedIndex.isInUse(shared)
        else { throw LogDoubt.gone }
        guard try SQLiteLock.exclusiveHolder(source.main) == nil else { throw LogDoubt.unheeded }
    }

    /// - Throws: `LogDoubt` also when a client died while it wrote the index: then the next one must be able to take all
    ///   locks.
    private func index(tries: Int = 100) throws -> SharedIndex {
        guard let index = try SharedIndex.settled(shared, tries: tries) else { throw LogDoubt.unsettled }
        return index
    }

    private mutating func take(_ index: SharedIndex) throws {
        try follow(to: LogPlace(index))
        switch hold {
        case .log(let slot):
            // A client that set the index up anew has left our slot a mark, which keeps all from being folded back.
            guard index.marks[slot] == SharedIndex.unusedMark else { throw LogDoubt.inTheWay }
            if index.isFoldedBack { try freeLog(slot) }
        case .main(mayEnd: true) where index.isFoldedBack: break
        case .main: try holdLog()
        }
    }

    private mutating func stand() { inTheWay = inTheWay ?? (BootClock.now(), place.frame) }

    /// Lets the log be started over, once everything in it is folded back and read.
    ///
    /// Behind a busy writer that is so only for a moment after each of its checkpoints, and it must find the log free when it
    /// next begins: hence several tries, and nothing is read between the two locks.
    private mutating func freeLog(_ slot: Int) throws {
        stand()
        for _ in 0..<Self.triesToFree {
            if let index = try SharedIndex.read(shared), index.isFoldedBack {
                try follow(to: LogPlace(index))
                if try FileLock.tryShared(shared, SQLiteLock.reader(0)) {
                    if let now = try SharedIndex.read(shared), now.isFoldedBack, LogPlace(now).isSame(as: place) {
                        try FileLock.unlock(shared, SQLiteLock.reader(slot))
                        hold = .main(mayEnd: true)
                        inTheWay = nil
                        folded = try source.mainIdentity()
                        return
                    }
                    try FileLock.unlock(shared, SQLiteLock.reader(0))
                }
            }
            StampClock.pause(nanoseconds: 20_000)
        }
    }

    /// Lets the log be folded back, now that something is in it that is not.
    private mutating func holdLog() throws {
        stand()
        guard let slot = try Self.takeUnusedSlot(shared) else { return }
        try FileLock.unlock(shared, SQLiteLock.reader(0))
        hold = .log(slot: slot)
        inTheWay = nil
        try follow(to: LogPlace(try index()))
    }

    /// Reads up to `end`, which may be in the generation begun since only if the one before could end.
    private mutating func follow(to end: LogPlace) throws {
        if isFree, place.salts.isFollowed(by: end.salts) { try enter(end) }
        guard end.salts == place.salts else { throw LogDoubt.gone }
        let found = try LogTrail.pages(in: log, from: place, to: end)
        guard end.frame > place.frame else { return }
        if isFree { hold = .main(mayEnd: false) }
        lastCommit = BootClock.now()
        place = end
        try stretches[stretches.count - 1].pages.add(found)
    }

    /// The next generation has begun; nothing was added to the one before, or its next frame would lie there, or the main
    /// file would have been written, which nobody may who heeds our lock.
    private mutating func enter(_ end: LogPlace) throws {
        guard try source.mainIdentity() == folded else { throw LogDoubt.unheeded }
        if end.frame > 0, var chain = place.chain(try LogTrail.header(of: log)) {
            guard try chain.walk(log, upTo: place.frame + 1, { _, _ in }) != .asked else { throw LogDoubt.unheeded }
        }
        truncations += end.frame == 0 ? 1 : 0
        guard truncations < Self.mostTruncations else { throw LogDoubt.inTheWay }
        pace.ended(after: place.frame)
        place = LogPlace(startOf: end.salts)
        generations[end.salts] = (generations.values.max() ?? 0) + 1
    }
}
