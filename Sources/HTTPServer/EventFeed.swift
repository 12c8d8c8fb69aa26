internal import ServiceLifecycle

/// One server-sent event.
///
/// Source: WHATWG HTML, "Server-sent events", §9.2.5 (interpreting an event stream).
struct ServerEvent: Sendable {
    var id: String?
    var name: String
    /// One line.
    var data: [UInt8]

    var bytes: [UInt8] {
        let head = (id.map { "id: \($0)\n" } ?? "") + "event: \(name)\ndata: "
        return Array(head.utf8) + data + Array("\n\n".utf8)
    }
}

/// A stream of events with a comment line whenever nothing happened for a while, by which both ends notice that the
/// other is gone.
struct EventFeed: Sendable {
    /// What happens to a reader that doesn't keep up.
    enum Lag: Sendable {
        /// The stream waits for it a while and then ends; the reader resumes from the last event it saw.
        case ends
        /// It misses older events, never the newest.
        case skips
    }

    static let heartbeat: Duration = .seconds(15)
    private static let comment = Array(": still here\n\n".utf8)
    private static let room = 1024
    private static let pause: Duration = .milliseconds(10)
    private static let longestPause: Duration = .seconds(30)

    let lag: Lag
    private let feed: @Sendable (@Sendable (ServerEvent) async -> Bool) async -> Void

    init<Value: Sendable>(
        _ stream: AsyncStream<Value>, lag: Lag, event: @escaping @Sendable (Value) throws -> ServerEvent
    ) {
        self.lag = lag
        feed = { deliver in
            for await value in stream {
                guard let event = try? event(value), await deliver(event) else { return }
            }
        }
    }

    /// Hands the bytes of each event to `write`, until the stream ends or `write` throws.
    @concurrent func run(every heartbeat: Duration = heartbeat, write: ([UInt8]) async throws -> Void) async throws {
        let policy: AsyncStream<[UInt8]>.Continuation.BufferingPolicy =
            lag == .ends ? .bufferingOldest(Self.room) : .bufferingNewest(16)
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream(bufferingPolicy: policy)
        let (feed, lag) = (feed, lag)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await feed { event in
                    var waited = Duration.zero
                    while case .dropped = continuation.yield(event.bytes) {
                        if lag == .skips { return true }
                        guard waited < Self.longestPause, !Task.isCancelled else { return false }
                        try? await Task.sleep(for: Self.pause)
                        waited += Self.pause
                    }
                    return true
                }
                continuation.finish()
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: heartbeat)
                    continuation.yield(Self.comment)
                }
            }
            defer { group.cancelAll() }
            // Heads go out with the first bytes: a follower learns at once that it follows.
            try await write(Self.comment)
            for await bytes in stream.cancelOnGracefulShutdown() { try await write(bytes) }
        }
    }
}
