import Archiving
import EnginesTestSupport
import Model
import Operations
import Platform
import Settings
import Storage
import Wire

/// A whole host on a repository, with one server `crm` of real SQLite databases.
final class HostFixture {
    let root: TestFolder
    private(set) var host: Host
    private(set) var service: HostService

    /// - Parameters:
    ///   - server: further lines for the server's settings.
    ///   - tail: further tables.
    ///   - size: of each database, in bytes.
    init(
        databases: [String] = ["ledger.db"], server: String = "", tail: String = "", size: Int = 100_000
    ) throws {
        root = try TestFolder()
        try root.makeFolder("data")
        for name in databases {
            try LedgerWriter.run("create", root("data/\(name)"), "--size", "\(size)", "--journal", "wal")
        }
        let key = String(repeating: "07", count: 32) + "\n"
        try Files.writeDurably(Array(key.utf8), to: root("key"), mode: 0o600)
        _ = try Repository.create(
            at: root("repository"), secret: .keyFile(try RepositoryDoor.keyBytes(root("key"))), label: "test",
            now: WallClock.now())
        let text = """
            socket = "\(root("s"))"
            state_directory = "\(root("state"))"
            log_directory = "\(root("log"))"
            [repository]
            path = "\(root("repository"))"
            key_file = "\(root("key"))"
            [full]
            at = "off"
            [progressive]
            every = "off"
            [servers.crm]
            folders = ["\(root("data"))"]
            \(server)
            \(tail)

            """
        try Files.writeDurably(Array(text.utf8), to: root("holdfast.toml"), mode: 0o600)
        // The machine's own root helper is never asked.
        try root.makeFolder("conf.d")
        try root.write(Array("[maintenance]\nhelper = \"\"\n".utf8), to: "conf.d/helper.toml")
        host = try Host.open(try SettingsFiles.load(root("holdfast.toml"))) { _ in }
        service = HostService(host, version: "test") {}
        _ = host.discoverAll()
    }

    deinit { host.stop() }

    var repository: Repository { get throws { try host.repositories.open() } }

    /// Stops the host and opens another one on the same state.
    func restart(losingCatalog: Bool = false) throws {
        host.stop()
        if losingCatalog { try Files.removeTree(root("state")) }
        host = try Host.open(try SettingsFiles.load(root("holdfast.toml"))) { _ in }
        service = HostService(host, version: "test") {}
        _ = host.discoverAll()
    }

    func prune(_ request: PruneRequest) async throws {
        guard try await ended(service.prune(request, by: .daemon)).state == .succeeded else {
            throw Fault(.pruneFailed, "nothing was pruned")
        }
    }

    /// Waits for the end of a run.
    func ended(_ run: Run) async throws -> Run {
        for await step in try await service.followRun(run.id, for: .daemon) where step.state.isFinal { return step }
        return try await service.run(run.id, for: .daemon)
    }

    func backUp() async throws {
        for run in try await service.requestBackup(BackupRequest(all: true), by: .daemon).runs {
            guard try await ended(run).state == .succeeded else { throw Fault(.backupFailed, "no backup was made") }
        }
    }

    /// Of one run, oldest first.
    func messages(of run: Run) async throws -> [Message] {
        try await service.messages(MessageQuery(run: run.id), for: .daemon)
    }
}
