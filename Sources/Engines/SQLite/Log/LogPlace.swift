/// A committed state in a database's log, as the index told of it.
struct LogPlace: Equatable {
    /// Both salts, as stored in the log; they tell one generation of it from the next.
    let salts: [UInt8]
    /// The last committed frame, from 1; 0 when the generation holds none.
    let frame: UInt32
    /// Of that frame; of no meaning for 0.
    let checksum: LogChecksum
    /// Of the database; 0 when the generation holds nothing: then its size is the file's.
    let pages: UInt32

    init(_ index: SharedIndex) {
        salts = index.salts
        frame = index.lastFrame
        checksum = index.checksum
        pages = index.pages
    }

    /// The start of a generation.
    init(startOf salts: [UInt8]) {
        self.salts = salts
        frame = 0
        checksum = LogChecksum()
        pages = 0
    }

    /// How many times the log was started over from this generation to that of `salts`.
    ///
    /// The first salt is counted up each time; the second is random. Source: `walRestartHdr` of wal.c. A log made anew has
    /// two random ones, which gives any number here.
    func restarts(to salts: [UInt8]) -> UInt32 {
        let count = salts.big32(0) &- self.salts.big32(0)
        return count == 0 && salts != self.salts ? .max : count
    }

    /// Whether it is no earlier state of the same log.
    func isAtOrAfter(_ other: LogPlace) -> Bool {
        switch other.restarts(to: salts) {
        case 0: frame >= other.frame
        case 1...1 << 16: true
        default: false
        }
    }

    /// A chain that continues from here; nil when the generation holds nothing and `header` is another's.
    func chain(_ header: LogHeader) -> LogChain? {
        if frame > 0 { return LogChain(header.with(salts: salts), after: frame, checksum) }
        return header.salts == salts ? LogChain(startOf: header) : nil
    }
}

/// Why the changes since a place in the log can't be told for sure.
struct LogDoubt: Error {
    let reason: String
    /// Whether the log moves on too fast to be read now and then: following it would help.
    var isTooFast = false

    static let startedOver = LogDoubt(
        reason: "the write-ahead log was started over more than once since the last look", isTooFast: true)
    static let gone = LogDoubt(reason: "the write-ahead log is another one")
    static let unsettled = LogDoubt(reason: "the index of the write-ahead log can't be read")
    static let tooMany = LogDoubt(reason: "more pages were written than are worth naming")
}
