package import Model
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
package import Wire

/// What happens to a follower besides messages.
package enum FollowNotice: Sendable, Equatable {
    /// Connected for the first time; from here on nothing is lost, whatever happens to the connection.
    case following(after: MessageID)
    /// The connection broke or the daemon stopped; it is tried again after the pause.
    case interrupted(Fault, pause: Duration)
    /// Connected again; goes on where it broke off.
    case resumed
    /// Messages up to this one were deleted by retention before they could be followed.
    case pruned(through: MessageID)
}

/// How long a follower waits before it connects again; doubles with each failure in a row.
package struct Reconnection: Sendable {
    package static let standard = Reconnection(first: .milliseconds(200), longest: .seconds(10))
    package var first: Duration
    package var longest: Duration

    package init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
    }
}

extension DaemonClient {
    /// Hands messages to `each` as they come, each once and in order, until it returns false.
    ///
    /// A broken connection is made again, also over a restart of the daemon, and goes on after the last message. Progress
    /// of a run comes as its message again.
    /// - Parameter reconnection: nil ends with the first connection.
    /// - Throws: what keeps the first connection from being made, and what the daemon refuses; without `reconnection` also
    ///   `daemon-unreachable` when the connection broke.
    package func followMessages(
        _ query: MessageQuery, reconnection: Reconnection? = .standard,
        notice: @escaping @Sendable (FollowNotice) -> Void = { _ in },
        each: @escaping @Sendable (Message) async throws -> Bool
    ) async throws {
        let following = Following(query: query, notice: notice, each: each)
        var pause = reconnection?.first ?? .zero
        while true {
            do {
                guard try await follow(following) else { return }
                throw Fault(.daemonUnreachable, "the daemon stopped", hint: "see `systemctl status holdfastd`")
            } catch let fault as Fault where [.daemonUnreachable, .timedOut].contains(fault.code) {
                guard let reconnection, following.hasEverConnected else { throw fault }
                if following.disconnect() { pause = reconnection.first }
                notice(.interrupted(fault, pause: pause))
                try await Task.sleep(for: pause)
                pause = min(pause * 2, reconnection.longest)
            }
        }
    }

    /// One connection, to its end.
    /// - Returns: false when nothing more is wanted.
    private func follow(_ following: Following) async throws -> Bool {
        var request = messageRequest(following.query)
        request.query.append(("follow", "1"))
        if let position = following.position { request.headers.append(("last-event-id", position.description)) }
        let reader = Mutex(EventReader())
        let isWanted = Mutex(true)
        try await Exchange(socket: socket, request: request).run { chunk in
            following.connect()
            for event in try reader.withLock({ try $0.read(chunk) }) {
                guard try await following.take(event) else {
                    isWanted.withLock { $0 = false }
                    return false
                }
            }
            return true
        }
        return isWanted.withLock { $0 }
    }
}

/// How far a follower has come, over all its connections.
private final class Following: Sendable {
    private struct State {
        /// Everything up to here has arrived; nil until the daemon has said where it begins.
        var position: MessageID?
        var hasEverConnected = false
        /// Whether the connection of now has brought anything.
        var isConnected = false
    }

    private let asked: MessageQuery
    private let notice: @Sendable (FollowNotice) -> Void
    private let each: @Sendable (Message) async throws -> Bool
    private let state = Mutex(State())

    init(
        query: MessageQuery, notice: @escaping @Sendable (FollowNotice) -> Void,
        each: @escaping @Sendable (Message) async throws -> Bool
    ) {
        asked = query
        self.notice = notice
        self.each = each
    }

    var position: MessageID? { state.withLock { $0.position } }
    var hasEverConnected: Bool { state.withLock { $0.hasEverConnected } }

    /// Once there is a position, that says where to go on, not the id or number asked for at first.
    var query: MessageQuery {
        guard position != nil else { return asked }
        var query = asked
        (query.after, query.limit) = (nil, nil)
        return query
    }

    /// - Returns: whether it was connected.
    func disconnect() -> Bool {
        state.withLock { state in
            defer { state.isConnected = false }
            return state.isConnected
        }
    }

    func connect() {
        state.withLock { state in
            state.hasEverConnected = true
            state.isConnected = true
        }
    }

    /// - Returns: false when nothing more is wanted.
    func take(_ event: ReceivedEvent) async throws -> Bool {
        switch event.name {
        case "position":
            if let id = event.id.flatMap({ MessageID($0) }) { begin(at: id) }
            return true
        case "message":
            let message = try WireCoding.decode(Message.self, from: event.data.utf8)
            guard isNews(message) else { return true }
            return try await each(message)
        case "pruned":
            notice(.pruned(through: try WireCoding.decode(PrunedNotice.self, from: event.data.utf8).through))
            return true
        default: return true
        }
    }

    /// Each connection begins with its position.
    private func begin(at id: MessageID) {
        let isFirst = state.withLock { state in
            defer { state.position = state.position ?? id }
            return state.position == nil
        }
        notice(isFirst ? .following(after: id) : .resumed)
    }

    /// Progress comes under the id of a message that has arrived.
    private func isNews(_ message: Message) -> Bool {
        if message.progress != nil { return true }
        return state.withLock { state in
            guard state.position.map({ message.id > $0 }) ?? true else { return false }
            state.position = message.id
            return true
        }
    }
}
