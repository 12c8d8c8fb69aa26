package import Model

/// Where following the log begins: a backup that is complete in itself.
package struct LogBase: Sendable, Equatable {
    /// The backup needs no log from here on.
    package var position: LogPosition
    /// Bytes of the files that the server writes its log to.
    package var fileLength: UInt64
    /// The whole number that the next transaction had there, where it is known.
    package var transaction: UInt64?

    package init(position: LogPosition, fileLength: UInt64, transaction: UInt64? = nil) {
        self.position = position
        self.fileLength = fileLength
        self.transaction = transaction
    }
}

/// Up to where a log is to be followed by a restored server.
package enum LogTarget: Sendable, Equatable {
    /// As far as it is there.
    case end
    /// Everything that was committed by then, and nothing later.
    case time(Instant)
    /// By the engine's own notation of a position, such as `0/3000060`.
    case position(String)
    /// A transaction, included; a number of 32 bits leaves open which of those that share them is meant.
    case transaction(UInt64)
    /// A point that was given a name on the server; of several the newest.
    case restorePoint(String)
}

/// Where following the log ends.
package struct LogStop: Sendable, Equatable {
    package var timeline: UInt32
    /// Of the last record that counts.
    package var last: UInt64
    /// The same in the engine's notation.
    package var place: String
    /// The first position behind that record.
    package var end: UInt64
    /// Of the last commit that counts, where one was seen.
    package var committed: Instant?
    /// What else might have been meant.
    package var note: String?

    package init(timeline: UInt32, last: UInt64, place: String, end: UInt64, committed: Instant?) {
        self.timeline = timeline
        self.last = last
        self.place = place
        self.end = end
        self.committed = committed
    }
}

/// Stored log, to be read.
package protocol LogSource: Sendable {
    /// The timelines of which there is any, with how they came about.
    var timelines: [UInt32: String] { get }

    /// Hands out the bytes of a timeline from a position on, in order, as far as they are there without a gap or up to
    /// `end`, until `body` returns false.
    ///
    /// - Returns: the first position that was not handed out.
    func read(
        _ timeline: UInt32, from start: UInt64, to end: UInt64?,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> UInt64

    /// Whether anything of a timeline lies beyond a position, also behind a gap.
    func goesOn(_ timeline: UInt32, beyond position: UInt64) -> Bool
}
