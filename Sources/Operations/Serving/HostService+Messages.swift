import Catalog
import Messages
package import Model
import Policies
package import Wire

extension HostService {
    package func messages(_ query: Wire::MessageQuery, for actor: Actor) async throws -> [Wire::Message] {
        try await ask { host in
            var selection = try host.selection(query)
            selection.order = .newestFirst
            selection.limit = query.limit ?? 1000
            return try host.catalog.messages(selection).reversed().map { Wire::Message($0) }
        }
    }

    package func followMessages(
        _ query: Wire::MessageQuery, for actor: Actor
    ) async throws -> AsyncStream<Wire::Message> {
        let selection = try await ask { try $0.selection(query) }
        let follower = host.center.follow()
        let earlier = try await ask { host in
            var earlier = selection
            earlier.through = follower.start
            earlier.order = .newestFirst
            earlier.limit = query.limit ?? 1000
            return Array(try host.catalog.messages(earlier).reversed())
        }
        return MessageFeed(host: host, selection: selection).stream(earlier: earlier, live: follower)
    }

    package func acknowledge(_ ids: [Wire::MessageID], by actor: Actor) async throws -> [Wire::Message] {
        try await ask { host in
            try host.catalog.acknowledge(ids.map(\.number), by: actor, at: host.clock.wall)
            return try ids.compactMap { try host.catalog.message($0.number).map { Wire::Message($0) } }
        }
    }
}

extension Host {
    /// - Throws: `not-found`, `ambiguous-name` for a database that nobody knows, `wrong-usage` for a run.
    fileprivate func selection(_ query: Wire::MessageQuery) throws -> Catalog::MessageQuery {
        let names = try query.database.map { typed in
            try NameSelection.several(
                [typed], among: try catalog.databases(includingGone: true).map(\.name))
        }
        let run = try query.run.map { text in
            guard let number = Int64(text) else { throw Fault(.notFound, "there is no run \(text)") }
            return number
        }
        let severity = query.severity == .success ? .info : query.severity
        return Catalog::MessageQuery(
            after: query.after?.number, since: query.since, atLeast: severity, databases: names ?? [], run: run,
            unacknowledgedOnly: query.unacknowledged, limit: .max)
    }
}

/// Earlier messages, then live ones, as one stream without gap or repetition.
private struct MessageFeed {
    let host: Host
    let selection: Catalog::MessageQuery

    func stream(earlier: [Catalog::Message], live: Follower) -> AsyncStream<Wire::Message> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Wire::Message.self, bufferingPolicy: .bufferingOldest(4096))
        let task = Task {
            for message in earlier { continuation.yield(Wire::Message(message)) }
            await follow(live, into: continuation)
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    /// A follower that was too slow reads what it missed from the catalog and follows again.
    private func follow(_ first: Follower, into continuation: AsyncStream<Wire::Message>.Continuation) async {
        var follower = first
        var started: [Int64: Catalog::Message] = [:]
        while true {
            var missed: Catalog::MessageID?
            for await event in follower.events {
                switch event {
                case .message(let message):
                    if let run = message.run { started[run] = message }
                    if selection.matches(message) { continuation.yield(Wire::Message(message)) }
                case .progress(let progress):
                    guard let message = started[progress.run], selection.matches(message) else { continue }
                    continuation.yield(Wire::Message(message, progress: Progress(progress)))
                case .missed(let after): missed = after
                }
            }
            guard let after = missed, !Task.isCancelled else { return }
            follower = host.center.follow()
            var query = selection
            query.after = max(after, selection.after ?? 0)
            query.through = follower.start
            for message in (try? host.catalog.messages(query)) ?? [] { continuation.yield(Wire::Message(message)) }
        }
    }
}

extension Wire::Progress {
    init(_ progress: RunProgress) {
        self.init(
            phase: progress.phase, done: progress.done, total: progress.total,
            bytesPerSecond: progress.bytesPerSecond, remainingSeconds: progress.remaining?.inSeconds)
    }
}
