import Catalog
import Engines
import Model
import Platform
import Settings
import Storage
import Synchronization
import Wire

/// Who receives the logs of servers.
final class Following: Sendable {
    let followers = Mutex<[String: LogFollower]>([:])

    subscript(server: String) -> LogFollower? { followers.withLock { $0[server] } }

    func stop() {
        for follower in followers.withLock({ Array($0.values) }) { follower.stop() }
    }

    /// For `status`: what is not received is lost with the server.
    var problems: [ProblemObject] {
        followers.withLock { Array($0) }.sorted { $0.key < $1.key }.compactMap { name, follower in
            follower.now.fault.map { fault in
                ProblemObject(
                    code: fault.code, message: "the log of server \(name) is not received: \(fault.message)",
                    hint: fault.hint)
            }
        }
    }

    /// Backups of any server may be there that were not known.
    func lookAgain() {
        for follower in followers.withLock({ Array($0.values) }) { follower.lookAgain() }
    }

    /// A backup may be there that a log can go on from, or the server's databases are others than before.
    func lookAgain(at server: String) { self[server]?.lookAgain() }
}

extension Host {
    /// Begins to receive the logs of servers that have one, and ends it where the settings no longer ask for it.
    ///
    /// - Parameter old: the settings before, whose slots are given up where nobody needs them any more.
    func followLogs(old: Configuration? = nil) {
        let wanted = configuration.servers.filter { $0.settings.followsLog }
        let (ended, begun) = following.followers.withLock { followers in
            var (ended, begun): ([LogFollower], [LogFollower]) = ([], [])
            for (name, follower) in followers
            where wanted.first(where: { $0.name == name })?.settings != follower.server.settings {
                ended.append(follower)
                followers[name] = nil
            }
            for server in wanted where followers[server.name] == nil {
                let follower = LogFollower(server, of: self)
                followers[server.name] = follower
                begun.append(follower)
            }
            return (ended, begun)
        }
        for follower in ended { follower.stop() }
        for follower in begun { follower.start() }
        // At a start also those that were followed before: what the settings dropped meanwhile can't be reached any more.
        let given = (old?.servers ?? configuration.servers).filter { server in
            (old == nil ? server.settings.engine == "postgres" : server.settings.followsLog)
                && !wanted.contains { $0.name == server.name }
        }
        for server in given { giveUpSlot(of: server) }
    }

    /// A slot that nobody reads keeps log on the server's disk.
    private func giveUpSlot(of server: HostedServer) {
        Threads.start("log-\(server.name)") { [self] in
            for unit in ((try? catalog.databases()) ?? []).filter({ $0.server == server.name }).map(\.unit) {
                let slot = logSlot(of: server, unit)
                do {
                    try server.engine.forgetLog(slot)
                } catch {
                    let fault = Fault.wrapping(error)
                    // A server that can't be reached, or lets our role in no more, may have no slot at all.
                    guard fault.code == .busy || fault.context["sqlstate"] == "42501" else { continue }
                    say([
                        MessageDraft(
                            .warning, .logFailed,
                            "replication slot \(slot.name) of server \(server.name) could not be dropped: \(fault.message)",
                            database: DatabaseName(server.name),
                            hint: "as a superuser, on the server: SELECT pg_drop_replication_slot('\(slot.name)')")
                    ])
                }
            }
        }
    }

    func logSlot(of server: HostedServer, _ unit: UnitID) -> LogSlot {
        LogSlot(name: Self.slotName(unit), limit: server.settings.slotLimit)
    }

    static func slotName(_ unit: UnitID) -> String { "holdfast_\(unit.description.prefix(16))" }

    /// The log has a gap: points in time are restorable again from a new full on.
    func backUpAfterGap(_ server: HostedServer) {
        let databases = discoverAll().filter { $0.server.name == server.name }
        do {
            let results = try catalog.enqueue(
                databases.map {
                    RunRequest(
                        .backup, database: $0.found.name, unit: $0.unit, backupKind: .full, origin: .scheduled,
                        actor: .daemon)
                }, at: clock)
            for (database, result) in zip(databases, results) {
                startBackup(
                    of: database, try result.get(),
                    BackupOrder(kind: .full, origin: .scheduled, actor: .daemon))
            }
        } catch { report(Fault.wrapping(error)) }
    }
}

extension LogState {
    init(_ state: LogFollower.State) {
        self.init(completeAsOf: state.complete, lag: state.lag?.bytes, fault: state.fault.map { ProblemObject($0) })
    }
}
