import Catalog
package import Model
import Policies
import Synchronization
package import Wire

extension HostService {
    package func runs(_ query: Wire::RunQuery, for actor: Actor) async throws -> [Wire::Run] {
        try await ask { host in
            let name = try query.database.map { typed in
                try NameSelection.one(typed, among: try host.catalog.databases(includingGone: true).map(\.name))
            }
            let states: Set<Catalog::RunState> = query.active ? [.queued, .running] : []
            return try host.catalog.runs(
                Catalog::RunQuery(states: states, database: name, limit: query.limit ?? 100)
            ).map { run in host.board.run(String(run.id)) ?? Wire::Run(run) }
        }
    }

    package func run(_ id: String, for actor: Actor) async throws -> Wire::Run {
        if let run = host.board.run(id) { return run }
        return try await ask { host in
            guard let number = Int64(id), let run = try host.catalog.run(number) else {
                throw Fault(.notFound, "there is no run \(id)", hint: "list them with `holdfast runs`")
            }
            return Wire::Run(run)
        }
    }

    package func followRun(_ id: String, for actor: Actor) async throws -> AsyncStream<Wire::Run> {
        if let stream = host.board.follow(id) { return stream }
        let ended = try await run(id, for: actor)
        return AsyncStream { continuation in
            continuation.yield(ended)
            continuation.finish()
        }
    }

    package func cancelRun(_ id: String, by actor: Actor) async throws -> Wire::Run {
        try await ask { host in try host.cancel(id, by: actor) }
        return try await run(id, for: actor)
    }
}

extension Host {
    /// Takes a waiting run out of the queue, or asks one at work to stop; a run that has ended stays as it is.
    /// - Throws: `not-found`.
    func cancel(_ id: String, by actor: Actor) throws {
        guard let number = Int64(id), try catalog.run(number) != nil else {
            throw Fault(.notFound, "there is no run \(id)", hint: "list them with `holdfast runs`")
        }
        if let drop = queue.withdraw(id) {
            defer { drop() }
            let fault = Fault(.interrupted, "run \(id) was cancelled by \(actor) before it started")
            _ = try catalog.cancelQueuedRun(
                number, fault, at: clock, messages: [MessageDraft(.info, fault, actor: actor)])
            board.update(id) { run in
                run.state = .cancelled
                run.finished = clock.wall
                run.fault = ProblemObject(fault)
            }
        } else {
            cancellations.withLock { $0[number] }?.request()
        }
    }
}
