import Platform

/// What the frames of a log's generation said, kept so that none is read twice: 20 bytes for each.
///
/// A committed frame stays as it is until its generation ends, and the next one has other salts. So what was read once holds as
/// long as the header has these salts, and the checksum of a later frame, which continues those of all before, comes out.
struct ReadLog {
    private var chain: LogChain
    private var steps: [LogChain.Step] = []
    private var checksums: [LogChecksum] = []

    init(startOf header: LogHeader) { chain = LogChain(startOf: header) }

    var header: LogHeader { chain.header }
    /// How many frames are known.
    var count: Int { steps.count }

    /// Reads what is not known yet of the first `limit` frames, all of which are committed.
    ///
    /// - Returns: false when they aren't there.
    mutating func read(_ log: File, upTo limit: UInt32) throws -> Bool {
        guard chain.frame < limit else { return true }
        var (steps, checksums) = (steps, checksums)
        (self.steps, self.checksums) = ([], [])
        defer { (self.steps, self.checksums) = (steps, checksums) }
        return try chain.walk(log, upTo: limit) { chain, step in
            steps.append(step)
            checksums.append(chain.checksum)
        } == .asked
    }

    /// Whether the frame of a place is the one that is known; that of a start is.
    func holds(_ place: LogPlace) -> Bool {
        guard LogSalts(header.salts) == place.salts, place.frame <= count else { return false }
        return place.frame == 0 || checksums[Int(place.frame) - 1] == place.checksum
    }

    /// - Throws: `LogDoubt`.
    func pages(from place: LogPlace, to end: LogPlace) throws -> LoggedPages {
        var found = LoggedPages()
        for step in steps[Int(place.frame)..<Int(end.frame)] { try found.add(step) }
        return found
    }

    /// The state as of frame `last`, which ends a transaction.
    func committed(upTo last: UInt32) -> CommittedLog? {
        guard last > 0, last <= count, steps[Int(last) - 1].pages > 0 else { return nil }
        return CommittedLog(header: header, lastFrame: last, steps: steps, checksums: checksums)
    }
}
