import Engines
import EnginesTestSupport
import Model
import Platform
import Testing

@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled))
struct PostgresConnectionTests {
    static let shared = Result { try PostgresServer(settings: ["max_connections = 20"]) }

    let server: PostgresServer

    init() throws { server = try Self.shared.get() }

    @Test func answersWithTextByColumn() throws {
        let connection = try server.access().connect()
        let rows = try connection.query(
            "SELECT $1::int + 1 AS sum, $2::text AS word, NULL AS none", ["41", "a'\"\\ \n"])
        let row = try rows.one()
        #expect(try row.number("sum", as: Int.self) == 42)
        #expect(try row.text("word") == "a'\"\\ \n")
        #expect(try row.optional("none") == nil)
        #expect(throws: Fault.self) { try row.text("none") }
        #expect(throws: Fault.self) { try row.text("absent") }
        #expect(connection.version >= 15_00_00)
    }

    @Test func setsUpItsSession() throws {
        try server.execute("ALTER ROLE postgres SET statement_timeout = 1234")
        defer { _ = try? server.execute("ALTER ROLE postgres RESET statement_timeout") }
        let connection = try server.access().connect()
        let expected = [
            "application_name": "holdfast", "client_encoding": "UTF8", "statement_timeout": "0", "lock_timeout": "5s",
            "search_path": "pg_catalog", "idle_session_timeout": "0", "default_transaction_read_only": "off",
        ]
        for (name, value) in expected {
            #expect(try connection.query("SELECT current_setting($1) AS v", [name]).one().text("v") == value)
        }
    }

    @Test(arguments: [
        "host=/tmp password=geheim", "postgresql://me:geheim@localhost/crm", "host=/tmp sslpassword=geheim",
    ])
    func refusesSecretsInSettings(connection: String) throws {
        let fault = #expect(throws: Fault.self) { try PostgresAccess(server: "main", connection: connection) }
        #expect(fault?.code == .badSettings)
        #expect(fault?.hint?.contains("passfile") == true)
        #expect(fault?.description.contains("geheim") == false)
    }

    @Test(arguments: ["host=/tmp 'geheim", "geheim", "nonsense=geheim", "host=\0"])
    func refusesSettingsThatCannotBeUnderstood(connection: String) throws {
        let fault = #expect(throws: Fault.self) { try PostgresAccess(server: "main", connection: connection) }
        #expect(fault?.code == .badSettings)
        #expect(fault?.description.contains("geheim") == false)
    }

    @Test func acceptsAPasswordFile() throws {
        _ = try PostgresAccess(server: "main", connection: "host=/tmp passfile=/run/credentials/pgpass service=main")
    }

    @Test func saysWhoMayNotSignIn() throws {
        let fault = #expect(throws: Fault.self) { try server.access(user: "nobody here").connect() }
        #expect(fault?.code == .notPermitted)
        #expect(fault?.context["sqlstate"] == "28000")
        #expect(fault?.message.contains("nobody here") == true)
        #expect(fault?.message.contains("\n") == false)
        #expect(fault?.hint?.contains("pg_hba.conf") == true)
    }

    @Test func saysWhichDatabaseIsMissing() throws {
        let fault = #expect(throws: Fault.self) { try server.access().connect(database: "absent\none") }
        #expect(fault?.code == .notFound)
        #expect(fault?.message.contains("\n") == false)
    }

    @Test func saysThatNobodyListens() throws {
        let access = try PostgresAccess(server: "main", connection: "host=\(server.folder)-absent user=x")
        let fault = #expect(throws: Fault.self) { try access.connect() }
        #expect(fault?.code == .serverUnreachable)
        #expect(fault?.hint?.contains("`host`") == true)
    }

    @Test(arguments: [
        "a b", "quo\"te", "\"", "line\nbreak", "Ümläut 日本", "semi;drop", "it's", "back\\slash", "$1", "quo\"\u{301}te",
    ])
    func reachesDatabasesWhateverTheirName(name: String) throws {
        let quoted = PostgresIdentifier(name).quoted
        try server.execute("CREATE DATABASE \(quoted)")
        defer { _ = try? server.execute("DROP DATABASE \(quoted)") }
        let connection = try server.access().connect(database: name)
        #expect(try connection.query("SELECT current_database() AS name").one().text("name") == name)
        #expect(!PostgresIdentifier(name).description.contains("\n"))
    }

    @Test func aTimeoutEndsTheQueryOnTheServer() throws {
        let connection = try server.access().connect()
        let started = BootClock.now()
        let fault = #expect(throws: Fault.self) {
            try connection.query("SELECT pg_sleep(60)", limit: .milliseconds(200))
        }
        #expect(fault?.code == .timedOut)
        #expect(BootClock.now() - started < .seconds(2))
        #expect(connection.isUsable)
        #expect(try state(of: connection.processID) == "idle")
        #expect(try connection.query("SELECT 1 AS one").one().text("one") == "1")
    }

    @Test func whatAStepThrowsEndsTheQueryOnTheServer() throws {
        struct Enough: Error {}
        let connection = try server.access().connect()
        var calls = 0
        #expect(throws: Enough.self) {
            try connection.query("SELECT pg_sleep(60)") {
                calls += 1
                if calls > 2 { throw Enough() }
            }
        }
        #expect(try state(of: connection.processID) == "idle")
        #expect(try connection.query("SELECT 1 AS one").one().text("one") == "1")
    }

    @Test func aFailedTransactionIsUndone() throws {
        let connection = try server.access().connect()
        try server.execute("CREATE TABLE IF NOT EXISTS public.undone (a int)")
        #expect(throws: Fault.self) {
            try connection.transaction {
                try connection.query("INSERT INTO public.undone VALUES (1)")
                try connection.query("SELECT pg_sleep(60)", limit: .milliseconds(50))
            }
        }
        #expect(try connection.query("SELECT count(*) AS n FROM public.undone").one().text("n") == "0")
    }

    @Test func tellsNoParameterAndNoStatement() throws {
        let connection = try server.access().connect()
        let statements = [
            "SELECT $1::int", "SELECT ('<' || $1)::xml", "SELECT geheim $1", "DO $$BEGIN RAISE 'geheim'; END$$",
        ]
        for statement in statements {
            let parameters = statement.contains("$1") ? ["geheim"] : []
            let fault = #expect(throws: Fault.self) { try connection.query(statement, parameters) }
            #expect(fault?.description.contains("geheim") == false)
            #expect(fault?.hint?.contains("geheim") != true)
        }
        let fault = #expect(throws: Fault.self) { try connection.query("SELECT $1", ["a\0b"]) }
        #expect(fault?.code == .wrongUsage)
    }

    @Test func waitsForALockOnlySoLong() throws {
        try server.execute("CREATE TABLE IF NOT EXISTS public.locked (a int)")
        let holder = try server.client()
        try holder.query("BEGIN")
        try holder.query("LOCK TABLE public.locked")
        var access = try server.access()
        access.patience.lock = .milliseconds(100)
        let connection = try access.connect()
        let fault = #expect(throws: Fault.self) { try connection.query("SELECT FROM public.locked") }
        #expect(fault?.code == .busy)
    }

    @Test func refusesToCopy() throws {
        let connection = try server.access().connect()
        #expect(throws: Fault.self) { try connection.query("COPY (SELECT 1) TO STDOUT") }
        #expect(!connection.isUsable)
        #expect(throws: Fault.self) { try connection.query("SELECT 1") }
    }

    @Test func carriesLargeParametersAndAnswers() throws {
        let connection = try server.access().connect()
        let large = String(repeating: "größer ", count: 1_000_000)
        #expect(try connection.query("SELECT $1 AS text", [large]).one().text("text") == large)
    }

    private func state(of processID: Int32) throws -> String? {
        let rows = try server.access().connect().query(
            "SELECT state FROM pg_stat_activity WHERE pid = $1::int", ["\(processID)"])
        return try rows.first?.optional("state")
    }
}
