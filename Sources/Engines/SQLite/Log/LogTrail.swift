import Platform

/// Finds what a database's log has written since a place, from the files as they are now.
///
/// Needs nobody to have watched: within one generation of the log the frames lie there, and once it was started over, those
/// of the generation before still lie behind the new ones, as long as these have not come so far. That they are all is
/// proven by the frame behind them, which is an older one's: frames are written in order, so theirs never was.
struct LogTrail {
    let log: File
    let shared: File
    /// The database's.
    let path: String
    let known: ReadLogs

    /// - Returns: what was written from `place` on, and the place up to which.
    /// - Throws: `LogDoubt`, whenever something may be missing; what reading throws.
    func pages(since place: LogPlace) throws -> (LoggedPages, LogPlace) {
        guard place.salts != .none else { throw LogDoubt.unwritten }
        let now = try settledIndex()
        let found = try pages(since: place, upTo: now)
        // What was read belongs to one generation and the tail of the one before only if the log was not started over again.
        guard try settledIndex().salts == now.salts else { throw LogDoubt.startedOver }
        return (found, LogPlace(now))
    }

    /// Follows the frames of one generation, all of which are there.
    ///
    /// - Throws: `LogDoubt` when they don't lead to `end`.
    static func pages(in log: File, from place: LogPlace, to end: LogPlace) throws -> LoggedPages {
        var found = LoggedPages()
        guard end.frame >= place.frame else {
            throw LogDoubt(reason: "the write-ahead log went back to an earlier state")
        }
        guard end.frame > place.frame else {
            guard end.frame == 0 || end.checksum == place.checksum else {
                throw LogDoubt(reason: "the write-ahead log holds another transaction than it did")
            }
            return found
        }
        guard var chain = place.chain(try header(of: log)) else { throw LogDoubt.gone }
        guard try chain.walk(log, upTo: end.frame, { try found.add($1) }) == .asked, chain.checksum == end.checksum
        else {
            throw LogDoubt(reason: "the write-ahead log does not continue what was read of it before")
        }
        return found
    }

    private func pages(since place: LogPlace, upTo now: SharedIndex) throws -> LoggedPages {
        let end = LogPlace(now)
        if end.salts == place.salts { return try pages(from: place, to: end) }
        guard place.salts.isFollowed(by: end.salts) else { throw LogDoubt.startedOver }
        var found = try tail(from: place, next: end.salts)
        try found.add(pages(from: LogPlace(startOf: end.salts), to: end))
        return found
    }

    /// As `pages(in:from:to:)`, without reading again what is known.
    private func pages(from place: LogPlace, to end: LogPlace) throws -> LoggedPages {
        guard end.frame > place.frame, let read = try known.read(log, of: path, upTo: end), read.holds(place) else {
            return try Self.pages(in: log, from: place, to: end)
        }
        return try read.pages(from: place, to: end)
    }

    /// The rest of a generation after it was started over.
    private func tail(from place: LogPlace, next salts: LogSalts) throws -> LoggedPages {
        var found = LoggedPages()
        guard try Self.holds(log, place), var chain = place.chain(try Self.header(of: log)) else {
            throw LogDoubt.startedOver
        }
        switch try chain.walk(log, upTo: .max, { try found.add($1) }) {
        case .broken(let other) where [salts, place.salts, .none].allSatisfy(other.isApart): return found
        default:
            throw LogDoubt(
                reason: "the write-ahead log was started over, and where it ended before can't be told", isTooFast: true
            )
        }
    }

    /// Whether the frame of the place still lies in the file; true for the start of a generation.
    private static func holds(_ log: File, _ place: LogPlace) throws -> Bool {
        guard place.frame > 0 else { return true }
        let offset = try header(of: log).pageOffset(of: place.frame) - Int64(LogHeader.frameHeaderLength)
        let bytes = try log.read(count: LogHeader.frameHeaderLength, at: offset)
        return bytes.count == LogHeader.frameHeaderLength && LogSalts(Array(bytes[8..<16])) == place.salts
            && LogChecksum(bytes.big32(16), bytes.big32(20)) == place.checksum
    }

    static func header(of log: File) throws -> LogHeader {
        guard let header = LogHeader(try log.read(count: LogHeader.length, at: 0)) else { throw LogDoubt.gone }
        return header
    }

    private func settledIndex() throws -> SharedIndex {
        guard let index = try SharedIndex.settled(shared) else { throw LogDoubt.unsettled }
        return index
    }
}
