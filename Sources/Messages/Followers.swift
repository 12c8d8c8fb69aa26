package import Catalog
import Model
import Synchronization

/// What a follower of the message center sees.
package enum FollowerEvent: Sendable, Equatable {
    case message(Message)
    case progress(RunProgress)
    /// The follower was too slow, and the stream ends here: follow again, and read what came after this id.
    case missed(after: MessageID)
}

/// A live view of the message center.
///
/// Messages with an id above `start` arrive by `events`; earlier ones are in the catalog
/// (`MessageQuery(after: …, through: start)`).
package struct Follower: Sendable {
    package let start: MessageID
    package let events: AsyncStream<FollowerEvent>
}

/// All who follow the message center now.
final class Followers: Sendable {
    fileprivate struct State {
        var newest: MessageID = 0
        var nextKey = 0
        var streams: [Int: Stream] = [:]
    }

    fileprivate struct Stream {
        let continuation: AsyncStream<FollowerEvent>.Continuation
        var last: MessageID
    }

    private let state = Mutex(State())

    /// Messages up to this one count as known.
    func begin(at newest: MessageID) { state.withLock { $0.newest = max($0.newest, newest) } }

    /// - Parameter limit: events that wait for the follower, at most; at least 2.
    func add(limit: Int) -> Follower {
        let (events, continuation) = AsyncStream.makeStream(
            of: FollowerEvent.self, bufferingPolicy: .bufferingOldest(max(2, limit)))
        let (key, start) = state.withLock { state in
            state.nextKey += 1
            state.streams[state.nextKey] = Stream(continuation: continuation, last: state.newest)
            return (state.nextKey, state.newest)
        }
        continuation.onTermination = { [weak self] _ in self?.remove(key) }
        return Follower(start: start, events: events)
    }

    func publish(_ messages: [Message]) {
        let ended = state.withLock { state in
            let fresh = messages.filter { $0.id > state.newest }
            state.newest = fresh.last?.id ?? state.newest
            return fresh.flatMap { state.send(.message($0), id: $0.id) }
        }
        for continuation in ended { continuation.finish() }
    }

    func publish(_ progress: RunProgress) {
        for continuation in state.withLock({ $0.send(.progress(progress), id: nil) }) { continuation.finish() }
    }

    func finish() {
        let streams = state.withLock { state in
            defer { state.streams = [:] }
            return state.streams.values.map(\.continuation)
        }
        for continuation in streams { continuation.finish() }
    }

    private func remove(_ key: Int) { _ = state.withLock { $0.streams.removeValue(forKey: key) } }
}

extension Followers.State {
    /// Hands one event to everybody. Whoever has room for one more only is told that it will miss some, and leaves.
    ///
    /// - Returns: streams to finish once the lock is released, since that calls back.
    fileprivate mutating func send(
        _ event: FollowerEvent, id: MessageID?
    ) -> [AsyncStream<FollowerEvent>.Continuation] {
        var ended: [AsyncStream<FollowerEvent>.Continuation] = []
        for key in streams.keys {
            guard var stream = streams[key] else { continue }
            let result = stream.continuation.yield(event)
            stream.last = id ?? stream.last
            streams[key] = stream
            if case .enqueued(let room) = result, room > 1 { continue }
            stream.continuation.yield(.missed(after: stream.last))
            ended.append(stream.continuation)
            streams[key] = nil
        }
        return ended
    }
}
