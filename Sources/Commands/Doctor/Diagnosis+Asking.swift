internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Diagnosis {
    /// Backups looked at for what a day costs.
    private static let backupsLookedAt = 1000

    /// Asks the daemon what it knows. What it doesn't answer is told, and the rest is asked all the same.
    /// - Returns: false when no daemon answers.
    mutating func ask(_ client: DaemonClient) async -> Bool {
        let status: Status
        do { status = try await client.status() } catch {
            let fault = Fault.wrapping(error)
            add("daemon", .problem, fault.message, hint: fault.hint)
            return false
        }
        examine(status)
        let filter = BackupFilter(since: WallClock.now() - .seconds(3 * 86_400), limit: Self.backupsLookedAt)
        let backups = await answer { try await client.backups(filter) } ?? []
        examine(status.repository, databases: status.databases, growth: Self.growth(backups))
        examineClock(status, now: WallClock.now())
        if status.repository != nil, let slots = await answer({ try await client.keys() }) { examine(slots) }
        if let symptoms = await answer({ try await client.examination() }) { add(symptoms) }
        if let schedules = await answer({ try await client.schedules() }) { examine(schedules) }
        if var maintenance = await answer({ try await client.maintenance() }) {
            for index in maintenance.indices { await lookAhead(&maintenance[index], client) }
            examine(maintenance)
        }
        return true
    }

    /// The windows that come next may all be of one kind: looks on until the other comes, or nothing more does.
    private mutating func lookAhead(_ status: inout MaintenanceStatus, _ client: DaemonClient) async {
        let (server, next) = (status.server, status.next)
        let absent = MaintenanceKind.allCases.filter { kind in
            status[kind].enabled && !next.contains { $0.kind == kind }
        }
        guard !absent.isEmpty else { return }
        let limit = MaintenancePreview.limit
        if let windows = await answer({ try await client.previewMaintenance(of: server, count: limit) }) {
            status.next = windows
        }
    }

    private mutating func answer<Value>(_ question: () async throws -> Value) async -> Value? {
        do { return try await question() } catch {
            let fault = Fault.wrapping(error)
            add("daemon", .warning, fault.message, hint: fault.hint)
            return nil
        }
    }

    /// What can be told while no daemon answers, by who may open the repository.
    mutating func examineAlone(
        _ settings: DaemonSettings, keyFile: String, _ access: any RepositoryAccess
    ) async {
        for server in settings.servers {
            for folder in server.folders where !Files.exists(folder) {
                add(server.name, .problem, "there is no folder \(folder)", hint: "mount it, or correct `folders`")
            }
        }
        guard Files.exists(keyFile) else { return }
        let path = settings.repository.path
        do {
            let (space, slots) = try await Threads.run("repository") {
                let repository = try access.open(at: path, with: .keyFile(keyFile))
                return (try repository.space(), try repository.keys())
            }
            examine(space, databases: [], growth: nil)
            examine(slots)
        } catch {
            let fault = Fault.wrapping(error)
            let isMine = fault.code != .notPermitted
            add(
                "repository", isMine ? .problem : .warning, fault.message,
                hint: isMine ? fault.hint : "run this as root, or while the daemon runs, to see it")
        }
    }
}
