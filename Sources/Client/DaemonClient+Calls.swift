package import Model
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
package import Wire

extension DaemonClient {
    package func identity() async throws -> Identity { try await value(Identity.self, ClientRequest(.GET, "whoami")) }

    package func status() async throws -> Status { try await value(Status.self, ClientRequest(.GET, "status")) }

    package func examination() async throws -> [Symptom] {
        try await items(Symptom.self, ClientRequest(.GET, "examination"))
    }

    package func databases(deleted: Bool = false) async throws -> [Database] {
        var request = ClientRequest(.GET, "databases")
        if deleted { request.query = [("deleted", "1")] }
        return try await items(Database.self, request)
    }

    package func database(_ name: String) async throws -> Database {
        try await value(Database.self, ClientRequest(.GET, "databases", name))
    }

    package func clients(of pattern: String?) async throws -> [DatabaseClient] {
        var request = ClientRequest(.GET, "clients")
        if let pattern { request.query = [("database", pattern)] }
        return try await items(DatabaseClient.self, request)
    }

    package func disconnectClients(_ disconnect: DisconnectRequest) async throws -> DisconnectReply {
        var request = try post(disconnect, "clients", "disconnect")
        request.patience = .seconds(disconnect.graceSeconds + 60)
        return try await value(DisconnectReply.self, request)
    }

    package func messageClients(_ message: ClientMessage) async throws -> [DatabaseName] {
        try await items(DatabaseName.self, post(message, "clients", "messages"))
    }

    package func closeDatabases(_ close: CloseRequest) async throws -> [ClosedDatabase] {
        var request = try post(close, "databases", "close")
        request.patience = .seconds(close.graceSeconds + 60)
        return try await items(ClosedDatabase.self, request)
    }

    package func openDatabases(_ open: OpenRequest) async throws -> [DatabaseName] {
        try await items(DatabaseName.self, post(open, "databases", "open"))
    }

    package func requestBackup(_ backup: BackupRequest) async throws -> BackupReply {
        try await value(BackupReply.self, post(backup, "backups"))
    }

    package func restore(_ restore: RestoreRequest) async throws -> Run {
        try await value(Run.self, post(restore, "restores"))
    }

    package func verify(_ verify: VerifyRequest) async throws -> Run {
        try await value(Run.self, post(verify, "verifications"))
    }

    package func drill(_ drill: DrillRequest) async throws -> DrillReply {
        try await value(DrillReply.self, post(drill, "drills"))
    }

    package func effectiveSettings() async throws -> [EffectiveSetting] {
        try await items(EffectiveSetting.self, ClientRequest(.GET, "settings"))
    }

    package func reload() async throws -> [EffectiveSetting] {
        try await items(EffectiveSetting.self, ClientRequest(.POST, "settings", "reload"))
    }

    /// A request whose body is `value` as JSON.
    func post(_ value: some Encodable, _ first: String, _ second: String? = nil) throws -> ClientRequest {
        var request = second.map { ClientRequest(.POST, first, $0) } ?? ClientRequest(.POST, first)
        request.body = try WireCoding.encode(value)
        return request
    }
}

// MARK: - Backups

extension DaemonClient {
    package func backups(_ filter: BackupFilter) async throws -> [Backup] {
        var request = ClientRequest(.GET, "backups")
        request.query = filter.databases.map { ("database", $0) }
        if filter.deleted { request.query.append(("deleted", "1")) }
        if let since = filter.since { request.query.append(("since", since.rfc3339())) }
        if let until = filter.until { request.query.append(("until", until.rfc3339())) }
        if let limit = filter.limit { request.query.append(("limit", String(limit))) }
        return try await items(Backup.self, request)
    }

    package func backup(_ id: BackupID) async throws -> Backup {
        try await value(Backup.self, ClientRequest(.GET, "backups", id.description))
    }

    package func preserve(_ id: BackupID) async throws -> Backup { try await change(id, "preserve") }
    package func release(_ id: BackupID) async throws -> Backup { try await change(id, "release") }
    package func undelete(_ id: BackupID) async throws -> Backup { try await change(id, "undelete") }

    package func delete(_ id: BackupID) async throws -> Backup {
        try await value(Backup.self, ClientRequest(.DELETE, "backups", id.description))
    }

    private func change(_ id: BackupID, _ verb: String) async throws -> Backup {
        try await value(Backup.self, ClientRequest(.POST, "backups", id.description, verb))
    }

    /// Hands the file's bytes to `write`, in order.
    ///
    /// - Parameter start: called once with the file's length.
    package func download(
        _ id: BackupID, start: @escaping @Sendable (ByteCount?) -> Void,
        write: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        var request = ClientRequest(.GET, "backups", id.description, "content")
        request.patience = .seconds(600)
        try await Exchange(socket: socket, request: request).run(start: start) { chunk in
            try chunk.withUnsafeReadableBytes(write)
            return true
        }
    }
}

// MARK: - Runs

extension DaemonClient {
    package func runs(_ query: RunQuery) async throws -> [Run] {
        var request = ClientRequest(.GET, "runs")
        if let database = query.database { request.query.append(("database", database)) }
        if query.active { request.query.append(("active", "1")) }
        if let limit = query.limit { request.query.append(("limit", String(limit))) }
        return try await items(Run.self, request)
    }

    package func run(_ id: String) async throws -> Run { try await value(Run.self, ClientRequest(.GET, "runs", id)) }

    package func cancelRun(_ id: String) async throws -> Run {
        try await value(Run.self, ClientRequest(.POST, "runs", id, "cancel"))
    }

    /// Calls `each` with every step, and returns the run as it ended.
    package func waitRun(_ id: String, each: @escaping @Sendable (Run) -> Void = { _ in }) async throws -> Run {
        let ended = Mutex<Run?>(nil)
        while true {
            try await follow(Run.self, ClientRequest(.GET, "runs", id)) { run in
                each(run)
                if run.state.isFinal { ended.withLock { $0 = run } }
                return !run.state.isFinal
            }
            // Not asked for again: a daemon that was told to end finishes what it does, says so and is gone.
            if let run = ended.withLock({ $0 }) { return run }
            let run = try await run(id)
            if run.state.isFinal { return run }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

// MARK: - Repository

extension DaemonClient {
    package func repositorySpace() async throws -> RepositorySpace {
        try await value(RepositorySpace.self, ClientRequest(.GET, "repository", "space"))
    }

    /// Waits as long as the check takes.
    package func checkRepository() async throws -> RepositoryCheck {
        var request = ClientRequest(.POST, "repository", "check")
        request.patience = nil
        return try await value(RepositoryCheck.self, request)
    }

    package func keys() async throws -> [KeySlot] {
        try await items(KeySlot.self, ClientRequest(.GET, "repository", "keys"))
    }

    package func addKey(_ key: KeyRequest) async throws -> KeyReply {
        try await value(KeyReply.self, post(key, "repository", "keys"))
    }

    package func removeKey(_ slot: String) async throws -> KeySlot {
        try await value(KeySlot.self, ClientRequest(.DELETE, "repository", "keys", slot))
    }
}
