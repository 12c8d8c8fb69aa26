/// A committed state in a database's log, as the index told of it.
struct LogPlace {
    /// They tell one generation of the log from the next.
    let salts: LogSalts
    /// The last committed frame, from 1; 0 when the generation holds none.
    let frame: UInt32
    /// Of that frame; of no meaning for 0.
    let checksum: LogChecksum
    /// Of the database; 0 when the generation holds nothing: then its size is the file's.
    let pages: UInt32

    init(_ index: SharedIndex) {
        salts = LogSalts(index.salts)
        frame = index.lastFrame
        checksum = index.checksum
        pages = index.pages
    }

    /// The start of a generation.
    init(startOf salts: LogSalts) {
        self.salts = salts
        frame = 0
        checksum = LogChecksum()
        pages = 0
    }

    func isSame(as other: LogPlace) -> Bool { salts == other.salts && frame == other.frame }

    /// A chain that continues from here; nil when the generation holds nothing and `header` is another's.
    func chain(_ header: LogHeader) -> LogChain? {
        if frame > 0 { return LogChain(header.with(salts: salts.bytes), after: frame, checksum) }
        return LogSalts(header.salts) == salts ? LogChain(startOf: header) : nil
    }
}

/// The two numbers that every frame of a generation has.
struct LogSalts: Hashable {
    let first: UInt32
    let second: UInt32

    /// Of an index that was set up from an empty log: the first frame draws others. They name no generation: every log begins
    /// like this, and its file may even have the number of the one before, which was removed.
    static let none = LogSalts([UInt8](repeating: 0, count: 8))

    /// - Parameter bytes: as stored in the log.
    init(_ bytes: [UInt8]) {
        first = bytes.big32(0)
        second = bytes.big32(4)
    }

    var bytes: [UInt8] {
        [first, second].flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    }

    /// Whether the log was started over exactly once to get from these salts to `next`.
    ///
    /// The first is counted up each time, the second drawn. A client that didn't start it over itself may draw both for the
    /// first frame, as for a log made anew: then the answer is no. Source: `walRestartHdr` and `walFrames` of wal.c.
    func isFollowed(by next: LogSalts) -> Bool { next.first == first &+ 1 }

    /// Whether the two have no number in common, so that not even a torn read takes one for the other.
    func isApart(from other: LogSalts) -> Bool { first != other.first && second != other.second }
}

/// Why the changes since a place in the log can't be told for sure.
struct LogDoubt: Error {
    let reason: String
    /// Whether the log moves on too fast to be read now and then: following it would help.
    var isTooFast = false
    /// Whether following it is what the log suffers from.
    var isInTheWay = false

    static let startedOver = LogDoubt(
        reason: "the write-ahead log was started over more than once since the last look", isTooFast: true)
    static let unwritten = LogDoubt(
        reason: "nothing had been written to the write-ahead log yet at the last look", isTooFast: true)
    static let gone = LogDoubt(reason: "the write-ahead log is another one")
    static let unsettled = LogDoubt(reason: "the index of the write-ahead log can't be read")
    static let tooMany = LogDoubt(reason: "more pages were written than are worth naming")
    static let unheeded = LogDoubt(reason: "a client wrote the database without heeding the locks of readers")
    static let inTheWay = LogDoubt(
        reason: "following the write-ahead log kept it from being started over", isInTheWay: true)
}
