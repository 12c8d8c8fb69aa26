import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform
import Testing

/// Single databases out of a copy of a cluster and into a running one, where they are not as usual.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled), .enabled(if: geteuid() == 0), .serialized)
struct PostgresMembersTests {
    static let odd = "odd \"name\" it's '\u{301}\\ \n ü"
    static let alike = [("z\u{e9}", 1), ("ze\u{301}", 2)]
    static let long = String(repeating: "n", count: 63)

    /// A server with some databases, and a copy of it that is asked for each of them.
    final class Cluster: Sendable {
        let server: PostgresServer
        let engine: any Engine
        let database: FoundDatabase

        init() throws {
            server = try PostgresServer(settings: ["autovacuum = off", "max_prepared_transactions = 2"])
            // Ours, in the server's, and so gone with it; throw-away servers have to come through.
            chmod(server.folder, 0o711)
            try FileManager.default.createDirectory(
                atPath: "\(server.folder)/ours", withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
            try server.makeFolder("fast")
            try server.removeFromDataFolder("pg_hba.conf")
            try server.append("local all guarded scram-sha-256\nlocal all all trust\n", to: "pg_hba.conf")
            let passwords = "\(server.folder)/ours/passwords"
            try Data("*:*:*:guarded:geheim\n".utf8).write(to: URL(fileURLWithPath: passwords))
            chmod(passwords, 0o600)
            try server.reload()
            try server.execute(
                "CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'geheim'",
                "CREATE ROLE shop LOGIN", "CREATE TABLESPACE fast LOCATION '\(server.folder)/fast'",
                "CREATE DATABASE closed", "CREATE DATABASE frozen", "CREATE DATABASE spread TABLESPACE fast",
                "CREATE DATABASE \(PostgresIdentifier(odd).quoted)", "CREATE DATABASE \(long)")
            for name in ["closed", "frozen", "spread", odd, long] {
                try server.execute("CREATE TABLE t AS SELECT 7 AS seven", database: name)
            }
            for (name, value) in alike {
                try server.execute("CREATE DATABASE \(PostgresIdentifier(name).quoted)")
                try server.execute("CREATE TABLE t AS SELECT \(value) AS seven", database: name)
            }
            try server.execute(
                "ALTER DATABASE closed ALLOW_CONNECTIONS false",
                "ALTER DATABASE frozen SET default_transaction_read_only = on", "ALTER DATABASE frozen IS_TEMPLATE true"
            )
            engine = try EngineRegistry.engine(
                "postgres",
                for: ServerDefinition(
                    name: "main", folders: [],
                    connection: server.connectionString(user: "guarded") + " passfile='\(passwords)'",
                    scratch: "\(server.folder)/ours/scratch"))
            database = try #require(engine.discover(known: [], memory: nil).finding.databases.first)
        }

        func folder(_ name: String) -> String { "\(server.folder)/ours/\(name)" }

        var members: any MemberEngine { get throws { try #require(engine.members) } }

        /// What follows the server's name in the name of a database.
        func member(_ name: String) -> String {
            DatabaseName(server: "main", path: name).path
        }

        func extract(_ name: String, as temporary: String?) throws -> (member: ExtractedMember, file: String) {
            let copy = folder("copy-\(UInt32.random(in: 0 ... .max))")
            try Snapshots.restore(engine, database, to: copy)
            defer { try? FileManager.default.removeItem(atPath: copy) }
            let file = try File.create("\(copy).dump", mode: 0o600)
            return (try members.extract(member(name), as: temporary, from: copy, to: file) {}, file.path)
        }

        func restore(_ name: String) throws -> String? {
            let temporary = RestoreNames.temporaryMember()
            let (extracted, file) = try extract(name, as: temporary)
            try members.load(extracted, from: file) {}
            return try members.place(extracted, endsClients: true, at: WallClock.now())
        }

        func names(_ condition: String) throws -> [String] {
            try server.execute("SELECT datname AS name FROM pg_database WHERE \(condition) ORDER BY 1").map {
                try $0.text("name")
            }
        }
    }

    static let shared = Result { try Cluster() }

    let cluster: Cluster

    init() throws { cluster = try Self.shared.get() }

    @Test(arguments: [odd, long]) func anyNameIsFoundReplacedAndDiscarded(name: String) throws {
        let replaced = try #require(try cluster.restore(name))
        #expect(replaced.utf8.count <= 63 && replaced.contains("_replaced_20"))
        for name in [name, replaced] {
            #expect(try cluster.server.execute("SELECT seven FROM t", database: name).one().number("seven") == 7)
        }
        let members = try cluster.members
        #expect(try members.replaced(by: cluster.member(name)) == [replaced])
        #expect(try members.replaced(by: "closed").isEmpty)
        try members.drop(replaced: replaced)
        #expect(try members.replaced(by: cluster.member(name)).isEmpty)
        try members.drop(replaced: replaced)
    }

    @Test func ofNamesThatLookTheSameEachComesBack() throws {
        for (name, _) in Self.alike {
            let replaced = try #require(try cluster.restore(name))
            for (name, value) in Self.alike {
                #expect(
                    try cluster.server.execute("SELECT seven FROM t", database: name).one().number("seven") == value)
            }
            #expect(try cluster.members.replaced(by: cluster.member(name)) == [replaced])
            try cluster.members.drop(replaced: replaced)
        }
    }

    @Test func aClosedOneAndAReadOnlyTemplateComeBackAsTheyWere() throws {
        for name in ["closed", "frozen"] {
            let before = try properties(name)
            let replaced = try #require(try cluster.restore(name))
            #expect(try properties(name) == before)
            try cluster.members.drop(replaced: replaced)
        }
        try cluster.server.execute("ALTER DATABASE closed ALLOW_CONNECTIONS true")
        #expect(try cluster.server.execute("SELECT seven FROM t", database: "closed").one().number("seven") == 7)
        try cluster.server.execute("ALTER DATABASE closed ALLOW_CONNECTIONS false")
    }

    private func properties(_ name: String) throws -> [String?] {
        try cluster.server.execute(
            """
            SELECT datallowconn, datistemplate, datconnlimit, datacl, (SELECT setconfig FROM pg_db_role_setting
              WHERE setdatabase = d.oid) FROM pg_database d WHERE datname = '\(name)'
            """
        ).one().values
    }

    @Test func whatIsNotThereIsToldWithWhatIs() throws {
        let fault = #expect(throws: Fault.self) { try cluster.extract("nothing", as: nil) }
        #expect(fault?.code == .notFound)
        #expect(fault?.hint?.contains("it holds closed, frozen, ") == true)
    }

    @Test func aTablespaceThatIsGoneIsToldBeforeAnythingIsLoaded() throws {
        let (extracted, file) = try cluster.extract("spread", as: RestoreNames.temporaryMember())
        try cluster.server.execute("ALTER TABLESPACE fast RENAME TO faster")
        defer { _ = try? cluster.server.execute("ALTER TABLESPACE faster RENAME TO fast") }
        let fault = #expect(throws: Fault.self) { try cluster.members.load(extracted, from: file) {} }
        #expect(fault?.code == .notFound && fault?.message.contains("lacks: tablespace fast") == true)
        #expect(try cluster.names("datname LIKE 'holdfast_restore_%'").isEmpty)
    }

    @Test func aStormOfClientsDoesNotKeepItOut() throws {
        try cluster.server.execute("CREATE DATABASE crm", "CREATE TABLE t AS SELECT 7 AS seven")
        try cluster.server.execute("CREATE TABLE t AS SELECT 7 AS seven", database: "crm")
        let temporary = RestoreNames.temporaryMember()
        let (extracted, file) = try cluster.extract("crm", as: temporary)
        try cluster.server.execute("UPDATE t SET seven = 8", database: "crm")
        try cluster.members.load(extracted, from: file) {}
        let storm = Storm(cluster.server, clients: 4, superusers: 1)
        try storm.waitForEntries(20)
        let replaced = try #require(try cluster.members.place(extracted, endsClients: true, at: WallClock.now()))
        try storm.waitForEntries(20)
        storm.end()
        #expect(try cluster.server.execute("SELECT seven FROM t", database: "crm").one().number("seven") == 7)
        #expect(try cluster.server.execute("SELECT seven FROM t", database: replaced).one().number("seven") == 8)
        try cluster.members.drop(loaded: replaced)
    }

    @Test func aPreparedTransactionKeepsItOutAndNothingHasChanged() throws {
        let client = try cluster.server.client(database: Self.odd)
        try client.query("BEGIN")
        try client.query("UPDATE public.t SET seven = seven")
        try client.query("PREPARE TRANSACTION 'open'")
        let before = try cluster.names("true")
        let temporary = RestoreNames.temporaryMember()
        let (extracted, file) = try cluster.extract(Self.odd, as: temporary)
        try cluster.members.load(extracted, from: file) {}
        let fault = #expect(throws: Fault.self) {
            try cluster.members.place(extracted, endsClients: true, at: WallClock.now())
        }
        #expect(fault?.code == .databaseInUse && fault?.message.contains("prepared transaction") == true)
        try cluster.members.drop(loaded: temporary)
        #expect(try cluster.names("true") == before)
        try cluster.server.client(database: Self.odd).query("ROLLBACK PREPARED 'open'")
    }

    @Test func whoMayNotGiveThingsBackIsToldSo() throws {
        let server = ServerDefinition(
            name: "main", folders: [], connection: cluster.server.connectionString(user: "shop"),
            scratch: cluster.folder("scratch"))
        let members = try #require(try EngineRegistry.engine("postgres", for: server).members)
        let fault = #expect(throws: Fault.self) { try members.requirePlace(for: "frozen", endsClients: true) }
        #expect(fault?.code == .notPermitted)
        #expect(fault?.hint?.contains("ALTER ROLE shop SUPERUSER") == true)
    }
}
