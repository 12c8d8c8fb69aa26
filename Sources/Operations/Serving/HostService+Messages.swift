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
            selection.order = .newestFirst
            selection.limit = query.limit ?? 1000
            return try host.catalog.messages(selection).reversed().map { Wire::Message($0) }
        }
    }

    /// With `query.after` everything after it, else the newest `query.limit`; then what comes, without gap or repetition.
    ///
    /// The stream reads only as fast as it is read. It ends when the catalog can't be read: who followed resumes after
    /// the last message it got.
    package func followMessages(
        _ query: Wire::MessageQuery, for actor: Actor
    ) async throws -> AsyncStream<Wire::Message> {
        let feed = try await ask { host in
            var selection = try host.selection(query)
            if selection.after == nil {
                selection.after = try host.beginning(of: selection, newest: query.limit ?? 1000)
            }
            return MessageFeed(host: host, selection: selection)
        }
        return AsyncStream(unfolding: { await feed.next() })
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
    private var ready: [Wire::Message] = []
    private var place = 0
    private var live: (through: Catalog::MessageID, events: AsyncStream<FollowerEvent>.Iterator)?
    private var hasCaughtUp = false
    private var latest: [Int64: Catalog::Message] = [:]

    init(host: Host, selection: Catalog::MessageQuery) {
        self.host = host
        self.selection = selection
        last = selection.after ?? 0
    }

    func next() async -> Wire::Message? {
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
                    if selection.matches(message) { return Wire::Message(message) }
                case .progress(let progress):
                    guard let message = latest[progress.run], selection.matches(message) else { continue }
                    return Wire::Message(message, progress: Progress(progress))
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
        query.through = through
        query.order = .oldestFirst
        query.limit = Self.batch
        let (catalog, asked) = (host.catalog, query)
        guard let messages = try? await Threads.run("messages", { try catalog.messages(asked) }) else { return false }
        messages.forEach(note)
        ready = messages.map { Wire::Message($0) }
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

extension Wire::Progress {
    init(_ progress: RunProgress) {
        self.init(
            phase: progress.phase, done: progress.done, total: progress.total,
            bytesPerSecond: progress.bytesPerSecond, remainingSeconds: progress.remaining?.inSeconds)
    }
}
