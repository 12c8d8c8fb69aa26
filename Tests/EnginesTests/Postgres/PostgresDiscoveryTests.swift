import Engines
import EnginesTestSupport
import Model
import Testing

@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled), .serialized)
struct PostgresDiscoveryTests {
    static let shared = Result { try PostgresServer(checksums: true) }

    let server: PostgresServer

    init() throws { server = try Self.shared.get() }

    @Test func tellsWhatTheClusterIs() throws {
        let cluster = try PostgresDiscovery.look(server.access().connect())
        #expect(cluster.majorVersion >= 15)
        #expect(cluster.dataFolder == server.dataFolder)
        #expect(cluster.hasChecksums)
        #expect(!cluster.isInRecovery)
        #expect(cluster.logFileSize == ByteCount(16 << 20))
        #expect(cluster.timeline == 1)
        #expect(UInt64(cluster.systemIdentifier) != nil)
        #expect(cluster.tablespaces.isEmpty)
        #expect(cluster.databases.map(\.name) == ["postgres"])
        #expect(cluster.databases.allSatisfy { $0.size > .zero && $0.state == .open && $0.connectionLimit == -1 })
    }

    @Test func listsEveryDatabaseWithItsState() throws {
        let names = ["line\nbreak", "quo\"te", "a space", "closed", "limited"]
        for name in names { try server.execute("CREATE DATABASE \(PostgresIdentifier(name).quoted)") }
        defer { for name in names { _ = try? server.execute("DROP DATABASE \(PostgresIdentifier(name).quoted)") } }
        try server.execute("ALTER DATABASE closed ALLOW_CONNECTIONS false", "ALTER DATABASE limited CONNECTION LIMIT 0")
        let guests = try (0..<3).map { _ in try server.client(database: "quo\"te") }
        let cluster = try PostgresDiscovery.look(server.access().connect())
        #expect(cluster.databases.map(\.name) == (names + ["postgres"]).sorted())
        let byName = Dictionary(uniqueKeysWithValues: cluster.databases.map { ($0.name, $0) })
        #expect(byName["closed"]?.state == .closed)
        #expect(byName["limited"]?.state == .limited)
        #expect(byName["quo\"te"]?.sessions == 3)
        #expect(byName["a space"]?.sessions == 0)
        for guest in guests { try guest.query("SELECT 1") }
    }

    @Test func knowsAStandbyAndItsPromotion() throws {
        let server = try PostgresServer()
        server.stop()
        try server.append("", to: "standby.signal")
        try server.start()
        let connection = try server.access().connect()
        let standby = try PostgresDiscovery.look(connection)
        #expect(standby.isInRecovery)
        #expect(standby.timeline == 1)
        let fence = PostgresFence(connection)
        let fault = #expect(throws: Fault.self) { try fence.close(fence.plan()) }
        #expect(fault?.code == .notPermitted)
        #expect(fault?.hint == "the server is a standby; ask its primary")
        #expect(try connection.query("SELECT pg_promote() AS done").one().flag("done"))
        let primary = try PostgresDiscovery.look(server.access().connect())
        #expect(!primary.isInRecovery)
        #expect(primary.timeline == 2)
        #expect(primary.systemIdentifier == standby.systemIdentifier)
    }

    @Test func listsTablespacesWithTheirFolders() throws {
        try server.makeFolder("fast disk")
        try server.execute("CREATE TABLESPACE \"fast\" LOCATION '\(server.folder)/fast disk'")
        defer { _ = try? server.execute("DROP TABLESPACE fast") }
        let tablespaces = try PostgresDiscovery.look(server.access().connect()).tablespaces
        #expect(tablespaces.map(\.name) == ["fast"])
        #expect(tablespaces.map(\.folder) == ["\(server.folder)/fast disk"])
    }

    @Test func refusesADatabaseWithoutItsFiles() throws {
        try server.execute("CREATE DATABASE crm")
        defer { _ = try? server.execute("DROP DATABASE crm") }
        let oid = try server.execute("SELECT oid FROM pg_database WHERE datname = 'crm'").one().text("oid")
        try server.removeFromDataFolder("base/\(oid)")
        let fault = #expect(throws: Fault.self) { try PostgresDiscovery.look(server.access().connect()) }
        #expect(fault?.code == .databaseUnreadable)
        #expect(fault?.message.contains("crm") == true)
    }

    @Test(arguments: [(12_00_20, "upgrade"), (18_00_01, "newer release")])
    func refusesVersionsItDoesNotKnow(version: Int, remedy: String) {
        let fault = #expect(throws: Fault.self) { try PostgresDiscovery.checkVersion(version, of: "main") }
        #expect(fault?.code == .databaseUnrecognised)
        #expect(fault?.hint?.contains(remedy) == true)
    }

    @Test func saysThatTheServerIsGoneInsteadOfAnEmptyList() throws {
        let server = try PostgresServer()
        let connection = try server.access().connect()
        server.stop(.immediate)
        let lost = #expect(throws: Fault.self) { try PostgresDiscovery.look(connection) }
        #expect(lost?.code == .serverUnreachable)
        let refused = #expect(throws: Fault.self) { try server.access().connect() }
        #expect(refused?.code == .serverUnreachable)
        try server.start()
        #expect(try PostgresDiscovery.look(server.access().connect()).databases.count == 1)
    }
}
