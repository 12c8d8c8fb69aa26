import Catalog
import Messages
package import Model
import Platform
import Policies
package import Wire

extension HostService {
    package func messages(_ query: Wire::MessageQuery, for actor: Actor) async throws -> [Wire::Message] {
        try await ask { host in
            var selection = try host.selection(query)
            selection.order = query.after == nil ? .newestFirst : .oldestFirst
            selection.limit = min(query.limit ?? 1000, 10_000)
            let found = try host.catalog.messages(selection)
            return (query.after == nil ? found.reversed() : found).map { Wire::Message($0) }
        }
    }

    package func message(_ id: Wire::MessageID, for actor: Actor) async throws -> MessageDetail {
        try await ask { host in
            guard let message = try host.catalog.message(id.number) else {
                throw Fault(
                    .notFound, "there is no message \(id)",
                    hint: "`holdfast messages` lists them; old ones are deleted by `messages.keep_days`")
            }
            let held = message.code == .failuresRepeated ? try host.catalog.heldMessages(of: message.id) : []
            return MessageDetail(message: Wire::Message(message), failures: held.map { RepeatedFailure($0) })
        }
    }

    /// With `query.after` everything after it, else the newest `query.limit`; then what comes, without gap or repetition.
    ///
    /// The stream reads only as fast as it is read. It ends when the catalog can't be read: who followed resumes after
    /// the last message it got.
    package func followMessages(
        _ query: Wire::MessageQuery, for actor: Actor
    ) async throws -> AsyncStream<MessageEvent> {
        let feed = try await ask { host in
            var selection = try host.selection(query)
            if selection.after == nil {
                selection.after = try host.beginning(of: selection, newest: query.limit ?? 1000)
            }
            var opening = [MessageEvent.position(Wire::MessageID(selection.after ?? 0))]
            let pruned = try host.catalog.prunedThrough()
            if let after = query.after?.number, after < pruned {
                opening.append(.pruned(PrunedNotice(through: Wire::MessageID(pruned))))
            }
            return MessageFeed(host: host, selection: selection, opening: opening)
        }
        return AsyncStream(unfolding: { await feed.next() })
    }

    package func acknowledgeAll(_ query: Wire::MessageQuery, by actor: Actor) async throws -> AcknowledgeReply {
        try await ask { host in
            let count = try host.catalog.acknowledgeAll(try host.selection(query), by: actor, at: host.clock.wall)
            return AcknowledgeReply(acknowledged: count)
        }
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
        let names =
            try query.databases.isEmpty
            ? []
            : NameSelection.several(query.databases, among: try catalog.databases(includingGone: true).map(\.name))
        let run = try query.run.map { text in
            guard let number = Int64(text) else { throw Fault(.notFound, "there is no run \(text)") }
            return number
        }
        let severity = query.severity == .success ? .info : query.severity
        return Catalog::MessageQuery(
            after: query.after?.number, through: query.before.map { $0.number - 1 }, since: query.since,
            until: query.until, atLeast: severity, databases: names, codes: query.codes, run: run,
            unacknowledgedOnly: query.unacknowledged, limit: .max)
    }
}

extension Host {
    /// The id after which the newest `count` messages of a selection come; 0 for all.
    fileprivate func beginning(of selection: Catalog::MessageQuery, newest count: Int) throws -> Catalog::MessageID {
        guard count > 0 else { return try catalog.newestMessage() }
        var newest = selection
        newest.order = .newestFirst
        newest.limit = count
        let oldest = try catalog.messages(newest).last?.id
        return oldest.map { $0 - 1 } ?? 0
    }
}

/// Messages of the catalog in batches up to the point where live ones begin, then those, as they are asked for.
///
/// A follower that was too slow for the live ones goes back to reading batches.
private actor MessageFeed {
    private static let batch = 500
    /// Runs whose progress is told under their last message.
    private static let runsKept = 1000

    private let host: Host
    private let selection: Catalog::MessageQuery
    /// Read up to here.
    private var last: Catalog::MessageID
    private var ready: [MessageEvent]
    private var place = 0
    private var live: (through: Catalog::MessageID, events: AsyncStream<FollowerEvent>.Iterator)?
    private var hasCaughtUp = false
    private var latest: [Int64: Catalog::Message] = [:]

    init(host: Host, selection: Catalog::MessageQuery, opening: [MessageEvent]) {
        ready = opening
        self.host = host
        self.selection = selection
        last = selection.after ?? 0
    }

    func next() async -> MessageEvent? {
        while !Task.isCancelled {
            if place < ready.count {
                defer { place += 1 }
                return ready[place]
            }
            if hasCaughtUp {
                switch await nextEvent() {
                case .message(let message):
                    last = max(last, message.id)
                    note(message)
                    if selection.matches(message) { return .message(Wire::Message(message)) }
                case .progress(let progress):
                    guard let message = latest[progress.run], selection.matches(message) else { continue }
                    return .message(Wire::Message(message, progress: Progress(progress)))
                case .missed: (live, hasCaughtUp) = (nil, false)
                case nil: return nil
                }
            } else if await !readBatch() {
                return nil
            }
        }
        return nil
    }

    private func nextEvent() async -> FollowerEvent? {
        guard var current = live else { return nil }
        let event = await current.events.next(isolation: self)
        live = current
        return event
    }

    /// - Returns: false when the catalog can't be read.
    private func readBatch() async -> Bool {
        let through: Catalog::MessageID
        if let live {
            through = live.through
        } else {
            let follower = host.center.follow()
            live = (follower.start, follower.events.makeAsyncIterator())
            through = follower.start
        }
        var query = selection
        query.after = last
        query.through = min(through, selection.through ?? .max)
        query.order = .oldestFirst
        query.limit = Self.batch
        let (catalog, asked) = (host.catalog, query)
        guard let messages = try? await Threads.run("messages", { try catalog.messages(asked) }) else { return false }
        messages.forEach(note)
        ready = messages.map { .message(Wire::Message($0)) }
        place = 0
        last = messages.last?.id ?? last
        if messages.count < Self.batch {
            last = max(last, through)
            hasCaughtUp = true
        }
        return true
    }

    private func note(_ message: Catalog::Message) {
        guard let run = message.run else { return }
        latest[run] = message
        // Runs get their numbers in order: the smallest is the oldest, and has ended most likely.
        if latest.count > Self.runsKept, let oldest = latest.keys.min() { latest[oldest] = nil }
    }
}

extension RepeatedFailure {
    init(_ held: HeldMessage) {
        self.init(
            instant: held.instant, code: held.content.code, database: held.content.database,
            run: held.content.run.map { String($0) }, text: held.content.text, cause: held.content.cause)
    }
}

extension Wire::Progress {
    init(_ progress: RunProgress) {
        self.init(
            phase: progress.phase, done: progress.done, total: progress.total,
            bytesPerSecond: progress.bytesPerSecond, remainingSeconds: progress.remaining?.inSeconds)
    }
}
