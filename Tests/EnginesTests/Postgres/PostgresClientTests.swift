import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform
import Testing

@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled), .serialized, .timeLimit(.minutes(10)))
struct PostgresClientTests {
    static let shared = Result {
        let server = try PostgresServer(settings: ["max_connections = 60"])
        try server.execute(
            "CREATE ROLE shop LOGIN", "CREATE DATABASE crm", "CREATE DATABASE \"line\nbreak\"",
            "CREATE ROLE watch LOGIN", "GRANT pg_monitor TO watch",
            "CREATE ROLE guard LOGIN", "GRANT pg_monitor, pg_signal_backend TO guard")
        return server
    }

    let server: PostgresServer
    let connection: PostgresConnection
    let clients: PostgresClients

    init() throws {
        server = try Self.shared.get()
        connection = try server.access().connect()
        clients = PostgresClients(connection)
        // Earlier tests' sessions end a moment after they are let go of.
        _ = try clients.disconnect(ids: clients.list().map(\.id), grace: .seconds(10))
    }

    @Test func tellsWhoIsConnectedAndWhetherAtWork() throws {
        let idle = try server.client(user: "shop", database: "crm", application: "till 3")
        let busy = try server.client(user: "shop", database: "line\nbreak", application: "")
        try busy.query("BEGIN")
        let list = try clients.list()
        #expect(list.map(\.id.processID) == [idle.processID, busy.processID])
        #expect(list.map(\.account) == ["shop", "shop"])
        #expect(list.map(\.application) == ["till 3", ""])
        #expect(list.map(\.database) == ["crm", "line\nbreak"])
        #expect(list.map(\.address) == ["local", "local"])
        #expect(list.map(\.isActive) == [false, true])
        #expect(list.map(\.state) == ["idle", "idle in transaction"])
        #expect(list.allSatisfy { !$0.isSuperuser && $0.queryAge == nil })
        let now = WallClock.now()
        #expect(list.allSatisfy { now - $0.id.since < .seconds(60) && now >= $0.id.since })
        #expect(list.allSatisfy { client in client.lastActivity.map { $0 >= client.id.since && $0 <= now } == true })
        #expect(try clients.list(databases: ["line\nbreak"]).map(\.id.processID) == [busy.processID])
        #expect(try clients.list(databases: []).isEmpty)
    }

    @Test func leavesOutOurOwnAndTheServersProcesses() throws {
        let ours = try server.access().connect(database: "crm")
        let program = try server.client(database: "crm", application: "pg_amcheck")
        let foreign = try server.client(user: "shop", database: "crm", application: "holdfast")
        let folder = try TestFolder()
        let receiver = try PostgresProgram(
            "pg_receivewal", ["-D", folder.path, "-h", server.folder, "-U", "postgres", "-n"])
        defer { receiver.end() }
        try wait(for: "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender'")
        let parallel = try server.access(user: "shop").connect(database: "crm")
        for setting in ["force_parallel_mode = on", "application_name = 'report'"] {
            try parallel.query("SET \(setting)")
        }
        var seen: [PostgresClient] = []
        struct Seen: Error {}
        #expect(throws: Seen.self) {
            try parallel.query("SELECT pg_sleep(60)") {
                let workers = try connection.query(
                    "SELECT FROM pg_stat_activity WHERE backend_type = 'parallel worker'")
                guard !workers.isEmpty else { return }
                seen = try PostgresClients(connection, ours: [program.processID]).list()
                throw Seen()
            }
        }
        #expect(seen.map(\.id.processID) == [foreign.processID, parallel.processID])
        #expect(seen.last?.isActive == true)
        #expect(seen.last?.queryAge.map { $0 > .zero && $0 < .seconds(60) } == true)
        try ours.query("SELECT 1")
    }

    @Test func endsExactlyTheSessionsNamed() throws {
        let staying = try server.client(user: "shop", database: "crm")
        let leaving = try server.client(user: "shop", database: "crm")
        let id = try #require(try clients.list().first { $0.id.processID == leaving.processID }).id
        let reused = PostgresClient.ID(processID: staying.processID, since: id.since)
        #expect(try clients.disconnect(ids: [id, reused], grace: .seconds(10)).isEmpty)
        #expect(throws: Fault.self) { try leaving.query("SELECT 1") }
        try staying.query("SELECT 1")
        #expect(try clients.disconnect(ids: [], grace: .zero).isEmpty)
        try staying.query("SELECT 1")
    }

    @Test func endsAllSessionsOfOneDatabaseOnly() throws {
        let elsewhere = try server.client(user: "shop", database: "crm")
        let leaving = try (0..<5).map { _ in try server.client(user: "shop", database: "line\nbreak") }
        #expect(try clients.disconnect(database: "line\nbreak", grace: .seconds(10)).isEmpty)
        for one in leaving { #expect(throws: Fault.self) { try one.query("SELECT 1") } }
        try elsewhere.query("SELECT 1")
    }

    @Test func tellsWhoIsLeftWhenTimeIsUp() throws {
        let stuck = try server.client(user: "shop", database: "crm")
        let processID = stuck.processID
        PostgresServer.send(.pause, to: processID)
        defer { PostgresServer.send(.resume, to: processID) }
        let left = try clients.disconnect(database: "crm", grace: .milliseconds(100))
        #expect(left.map(\.id.processID) == [processID])
    }

    @Test func namesTheSuperusersItMayNotEnd() throws {
        let super1 = try server.client(database: "crm", application: "pgAdmin")
        let plain = try server.client(user: "shop", database: "crm")
        let guarding = PostgresClients(try server.access(user: "guard").connect())
        let fault = #expect(throws: Fault.self) { try guarding.disconnect(database: "crm", grace: .seconds(10)) }
        #expect(fault?.code == .notPermitted)
        #expect(fault?.message.contains("pgAdmin of postgres (pid \(super1.processID))") == true)
        #expect(fault?.hint == "only a superuser may end the sessions of superusers: ALTER ROLE guard SUPERUSER")
        try super1.query("SELECT 1")
        #expect(throws: Fault.self) { try plain.query("SELECT 1") }
    }

    @Test func namesTheGrantThatEndingSessionsNeeds() throws {
        let plain = try server.client(user: "shop", database: "crm")
        let watching = PostgresClients(try server.access(user: "watch").connect())
        #expect(try watching.list(databases: ["crm"]).map(\.id.processID) == [plain.processID])
        let ending = #expect(throws: Fault.self) { try watching.disconnect(database: "crm", grace: .seconds(10)) }
        #expect(ending?.hint == "as a superuser: GRANT pg_signal_backend TO watch")
        try plain.query("SELECT 1")
        let blind = PostgresClients(try server.access(user: "shop").connect())
        let listing = #expect(throws: Fault.self) { try blind.list() }
        #expect(listing?.hint == "as a superuser, in database postgres: GRANT pg_monitor TO shop")
    }

    @Test func messagesReachProgramsThatListen() throws {
        let listener = try PostgresProgram(
            "psql", ["-X", "-h", server.folder, "-U", "shop", "-d", "line\nbreak", "-At"])
        try listener.say("LISTEN holdfast; SELECT 'ready';\n")
        #expect(try listener.hear("ready").contains("ready"))
        let notice = PostgresNotice(
            text: "closing in \"5\" minutes\n", severity: .warning, until: Instant(rfc3339: "2026-03-29T02:30:00Z"))
        try server.access().send(notice, to: ["crm", "line\nbreak"])
        try listener.say("SELECT 'end';\n")
        let heard = try listener.hear("received from")
        #expect(
            heard.contains(
                #"{"severity":"warning","text":"closing in \"5\" minutes\n","until":"2026-03-29T02:30:00.000Z"}"#))
        listener.end()
        #expect(try tables("crm") == 0)
    }

    @Test(arguments: ["x", "\"", "\u{1}", "ü", "😀", "\n"])
    func messagesAreCutToWhatTheServerTakes(character: String) throws {
        let notice = PostgresNotice(text: String(repeating: character, count: 20_000))
        #expect(notice.payload.utf8.count <= 7999)
        #expect(notice.payload.utf8.count > 7980)
        try server.access().send(notice, to: ["crm"])
    }

    @Test func keepsATableOnlyWhenAskedTo() throws {
        try server.execute("CREATE DATABASE kept")
        #expect(try tables("kept") == 0)
        for number in 0..<103 {
            try server.access().send(PostgresNotice(text: "number \(number)"), to: ["kept"], keepsTable: true)
        }
        let rows = try server.execute(
            "SELECT text FROM public.holdfast_messages ORDER BY id", database: "kept", user: "shop")
        #expect(rows.count == 100)
        #expect(try rows.first?.text("text") == "number 3")
    }

    @Test func writesIntoNoTableOfSomebodyElse() throws {
        try server.execute("CREATE DATABASE trap OWNER shop")
        try server.execute(
            "CREATE TABLE public.holdfast_messages (severity text, text text, until timestamptz)", database: "trap",
            user: "shop")
        let fault = #expect(throws: Fault.self) {
            try server.access().send(PostgresNotice(text: "x"), to: ["trap", "crm"], keepsTable: true)
        }
        #expect(fault?.code == .notPermitted)
        #expect(try server.execute("SELECT FROM public.holdfast_messages", database: "trap").isEmpty)
        #expect(try tables("crm") == 1)
        try server.execute("DROP TABLE public.holdfast_messages", database: "crm")
    }

    private func tables(_ database: String) throws -> Int {
        try server.execute(
            "SELECT count(*) AS n FROM pg_class WHERE relname = 'holdfast_messages'", database: database
        ).one().number("n")
    }

    /// Asks until the count isn't 0.
    private func wait(for statement: String) throws {
        let end = BootClock.now() + .seconds(20)
        while try connection.query(statement).one().values == ["0"] {
            guard BootClock.now() < end else { throw Fault(.timedOut, "it did not happen: \(statement)") }
        }
    }
}
