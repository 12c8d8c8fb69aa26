package import Model

/// A place in the write-ahead log of a server.
package struct LogPosition: Sendable, Hashable, Codable {
    /// The server that wrote it, as its engine tells servers apart.
    package var system: String
    /// Of PostgreSQL: grows when a server is promoted.
    package var timeline: UInt32
    /// Bytes from the beginning of all logs.
    package var offset: UInt64

    package init(system: String, timeline: UInt32, offset: UInt64) {
        self.system = system
        self.timeline = timeline
        self.offset = offset
    }
}

/// How the log of a server is kept for us until we have it.
package struct LogSlot: Sendable, Equatable {
    /// Unique to the unit of backup; what the server calls it.
    package var name: String
    /// The most that the server may be set to keep, where it has no limit of its own; nil refuses such a server.
    package var limit: ByteCount?

    package init(name: String, limit: ByteCount?) {
        self.name = name
        self.limit = limit
    }
}

/// What comes next in a log that is followed.
package enum LogEvent: Sendable {
    /// Bytes that follow those before; `written` is the server's time, which had no more of them then, or had.
    case bytes([UInt8], written: Instant, isNewest: Bool)
    /// Nothing new; nothing was missing then.
    case idle(written: Instant)
    /// The log goes on in another timeline, from here on.
    case switched

    package var isIdle: Bool { if case .idle = self { true } else { false } }
}

/// The log of a server, received while it is written. Used by one thread at a time,
/// but for `interrupt`.
package protocol LogStream: AnyObject, Sendable {
    /// Of the next byte.
    var position: LogPosition { get }
    /// How the present timeline came about, in the engine's own form; empty for a first one.
    var history: String { get }

    /// Waits for what comes next.
    ///
    /// - Returns: nil when nothing came within the limit.
    /// - Throws: `server-unreachable`; `log-gap` when the server no longer has what comes next.
    func next(within limit: Duration) throws -> LogEvent?

    /// Tells the server that it need not keep what lies before.
    func acknowledge(_ offset: UInt64) throws

    /// Makes a `next` that waits end with a fault; may be called from another thread.
    func interrupt()
}

/// How far a server's log waits for us.
package struct LogLag: Sendable, Equatable {
    package var bytes: ByteCount
    /// The server lets go of it beyond; nil when it never does.
    package var limit: ByteCount?

    package init(bytes: ByteCount, limit: ByteCount?) {
        self.bytes = bytes
        self.limit = limit
    }
}
