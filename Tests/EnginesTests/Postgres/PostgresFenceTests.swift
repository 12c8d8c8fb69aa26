import Engines
import EnginesTestSupport
import Model
import Platform
import Synchronization
import Testing

@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled), .serialized)
struct PostgresFenceTests {
    static let shared = Result { try PostgresServer(settings: ["max_connections = 120"]) }

    let server: PostgresServer
    let connection: PostgresConnection
    let fence: PostgresFence

    /// Each test finds the same five databases.
    init() throws {
        server = try Self.shared.get()
        connection = try server.access().connect()
        fence = PostgresFence(connection)
        let rows = try connection.query(
            "SELECT datname AS name FROM pg_database WHERE datname !~ '^template' AND datname <> 'postgres'")
        for row in rows {
            try connection.query("DROP DATABASE \(PostgresIdentifier(try row.text("name")).quoted) WITH (FORCE)")
        }
        try connection.query(
            "DO $$BEGIN CREATE ROLE shop LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$")
        for name in ["crm", "few", "none", "shut", "odd \"name\"\n"] {
            try connection.query("CREATE DATABASE \(PostgresIdentifier(name).quoted) TEMPLATE template0")
        }
        for change in ["few CONNECTION LIMIT 7", "none CONNECTION LIMIT 0", "shut ALLOW_CONNECTIONS false"] {
            try connection.query("ALTER DATABASE \(change)")
        }
    }

    @Test func closesAndGivesExactlyTheOldLimitsBack() throws {
        try server.execute("ALTER DATABASE crm SET work_mem = '5MB'")
        let before = try state()
        let plan = try fence.plan()
        #expect(plan.databases.map(\.name) == ["crm", "few", "none", "odd \"name\"\n", "postgres"])
        #expect(plan.databases.map(\.connectionLimit) == [-1, 7, 0, -1, -1])
        #expect(try state() == before)
        let inside = try server.client(user: "shop", database: "crm")
        let boss = try server.client(database: "few")
        let ended = try fence.close(plan)
        #expect(Set(ended.map(\.id.processID)) == [inside.processID, boss.processID])
        for name in plan.databases.map(\.name) {
            let fault = #expect(throws: Fault.self) { try server.client(user: "shop", database: name) }
            #expect(fault?.code == .busy)
        }
        for one in [inside, boss] { #expect(throws: Fault.self) { try one.query("SELECT 1") } }
        #expect(try fence.close(plan).isEmpty)
        try fence.reopen(plan)
        #expect(try state() == before)
        try fence.reopen(plan)
        #expect(try state() == before)
        try server.client(user: "shop", database: "odd \"name\"\n").query("SELECT 1")
    }

    @Test func closesNoneThatOnlyLooksTheSame() throws {
        for name in ["z\u{e9}", "ze\u{301}"] {
            try connection.query("CREATE DATABASE \(PostgresIdentifier(name).quoted) TEMPLATE template0")
        }
        let plan = try fence.plan(databases: ["ze\u{301}"])
        #expect(plan.databases.map { Array($0.name.utf8) } == [Array("ze\u{301}".utf8)])
    }

    @Test func leavesOtherDatabasesAndTheirSessionsAlone() throws {
        let guest = try server.client(user: "shop", database: "few")
        try guest.query("BEGIN")
        let plan = try fence.plan(databases: ["crm"])
        try fence.close(plan)
        try fence.hold(plan)
        try server.client(user: "shop", database: "few").query("SELECT 1")
        try fence.reopen(plan)
        try guest.query("COMMIT")
    }

    @Test func reopensFromTheClusterAloneAfterACrash() throws {
        let before = try state()
        #expect(try fence.leftovers() == nil)
        let plan = try fence.plan()
        try fence.close(plan)
        server.kill9()
        try server.start()
        let after = PostgresFence(try server.access().connect())
        let left = try #require(try after.leftovers())
        #expect(left.databases == plan.databases.filter { $0.connectionLimit != 0 })
        #expect(left.systemIdentifier == plan.systemIdentifier)
        // A new fence over the old one must not take 0 for the limit to restore.
        #expect(try after.plan() == plan)
        try after.close(plan)
        try after.reopen(left)
        #expect(try state(server.access().connect()) == before)
        #expect(try after.leftovers() == nil)
    }

    @Test func reopensAfterTheRestoreOfABackupTakenInside() throws {
        let before = try state()
        let plan = try fence.plan()
        try fence.close(plan)
        try server.keepCopy()
        try PostgresFence(server.access().connect()).reopen(plan)
        try server.putCopyBack()
        #expect(throws: Fault.self) { try server.client(user: "shop", database: "crm") }
        let restored = try server.access().connect()
        try PostgresFence(restored).reopen(#require(try PostgresFence(restored).leftovers()))
        #expect(try state(restored) == before)
        try server.client(user: "shop", database: "crm").query("SELECT 1")
    }

    @Test func passesOverWhatWasDroppedAndFollowsWhatWasRenamed() throws {
        let plan = try fence.plan()
        try fence.close(plan)
        try server.execute(
            "DROP DATABASE few", "ALTER DATABASE crm RENAME TO sales", "CREATE DATABASE crm TEMPLATE template0",
            "ALTER DATABASE crm CONNECTION LIMIT 0")
        try fence.reopen(plan)
        #expect(try limit(of: "sales") == -1)
        #expect(try limit(of: "crm") == 0)
        #expect(try fence.leftovers() == nil)
    }

    @Test func refusesAPlanThatNoLongerFits() throws {
        let plan = try fence.plan()
        try server.execute("ALTER DATABASE few CONNECTION LIMIT 8")
        let before = try state()
        let fault = #expect(throws: Fault.self) { try fence.close(plan) }
        #expect(fault?.code == .sourceChanged)
        #expect(try state() == before)
    }

    @Test func refusesThePlanOfAnotherCluster() throws {
        var plan = try fence.plan()
        plan.systemIdentifier = "1"
        let before = try state()
        #expect(#expect(throws: Fault.self) { try fence.close(plan) }?.code == .sourceChanged)
        #expect(#expect(throws: Fault.self) { try fence.reopen(plan) }?.code == .sourceChanged)
        #expect(try state() == before)
        #expect(#expect(throws: Fault.self) { try fence.plan(databases: ["absent"]) }?.code == .notFound)
    }

    @Test func whoeverRaisesALimitMeanwhileKeepsIt() throws {
        let plan = try fence.plan(databases: ["crm", "few"])
        try fence.close(plan)
        try server.execute("ALTER DATABASE few CONNECTION LIMIT 99", "ALTER DATABASE crm RESET ALL")
        try fence.reopen(plan)
        #expect(try limit(of: "few") == 99)
        #expect(try limit(of: "crm") == -1)
        #expect(try fence.leftovers() == nil)
    }

    @Test func aRoleWithoutSuperPowersClosesAndComesBack() throws {
        try server.execute(
            "DO $$BEGIN CREATE ROLE keeper LOGIN; CREATE ROLE \"Boss\"; EXCEPTION WHEN duplicate_object THEN NULL; END$$",
            "ALTER DATABASE crm OWNER TO \"Boss\"")
        defer { _ = try? server.execute("ALTER DATABASE postgres CONNECTION LIMIT -1") }
        let plan = try fence.plan(databases: ["crm", "postgres"])
        let access = try server.access(user: "keeper")
        let ours = try PostgresFence(access.connect())
        let statements = try ours.missingPrivileges(for: plan)
        #expect(
            statements == [
                "GRANT SET ON PARAMETER \"holdfast.connection_limit\" TO keeper", "GRANT pg_monitor TO keeper",
                "GRANT pg_signal_backend TO keeper", "GRANT \"Boss\" TO keeper", "GRANT postgres TO keeper",
            ], "from the narrowest right")
        let fault = #expect(throws: Fault.self) { try ours.close(plan) }
        #expect(fault?.code == .notPermitted)
        #expect(
            fault?.hint == """
                as a superuser: \(statements.dropLast().joined(separator: "; ")); give what superusers own (postgres) an \
                owner that is none, whom keeper is a member of (ALTER DATABASE postgres OWNER TO …); GRANT postgres TO \
                keeper would do, too, and make keeper a superuser in effect
                """)
        try server.execute("ALTER DATABASE postgres OWNER TO \"Boss\"")
        defer { _ = try? server.execute("ALTER DATABASE postgres OWNER TO postgres") }
        for statement in try ours.missingPrivileges(for: plan) { try server.execute(statement) }
        #expect(try ours.missingPrivileges(for: plan).isEmpty)
        let guest = try server.client(user: "shop", database: "crm")
        let boss = try server.client(database: "crm", application: "pgAdmin")
        let refused = #expect(throws: Fault.self) { try ours.close(plan) }
        #expect(refused?.message.contains("pgAdmin of postgres") == true)
        #expect(throws: Fault.self) { try guest.query("SELECT 1") }
        try boss.query("SELECT 1")
        #expect(throws: Fault.self) { try access.connect() }
        try PostgresFence(access.connectAnyhow()).reopen(plan)
        #expect(try limit(of: "postgres") == -1)
        try access.connect().query("SELECT 1")
    }

    @Test func aStormOfClientsStaysOutside() throws {
        let before = try state()
        let plan = try fence.plan()
        let storm = Storm(server, clients: 60, superusers: 4)
        try storm.waitForEntries(200)
        try fence.close(plan)
        var quiet = 0
        var inside: [PostgresClient.ID: Int] = [:]
        var afterwards: [PostgresClient] = []
        let end = BootClock.now() + .seconds(20)
        for _ in 0..<60 where BootClock.now() < end {
            let round = try fence.hold(plan)
            for client in round { inside[client.id, default: 0] += 1 }
            let guests = round.filter { !$0.isSuperuser }
            if quiet >= 5 { afterwards += guests }
            quiet = guests.isEmpty ? quiet + 1 : quiet >= 5 ? quiet : 0
            // Each is told once: the next round begins when those of this one are gone.
            try waitForEnd(of: round)
            // The caller's pace.
            try connection.query("SELECT pg_sleep(0.05)")
        }
        let (guests, superusers) = storm.entriesOfTheLast(.seconds(1))
        #expect(quiet > 5)
        #expect(afterwards.isEmpty)
        #expect(guests == 0)
        #expect(superusers > 0)
        #expect(inside.values.allSatisfy { $0 == 1 }, "a session outlived its round")
        try fence.reopen(plan)
        #expect(try state() == before)
        try storm.waitForEntries(200)
        storm.end()
    }

    private func waitForEnd(of sessions: [PostgresClient]) throws {
        guard !sessions.isEmpty else { return }
        let numbers = sessions.map { "\($0.id.processID)" }.joined(separator: ", ")
        let deadline = BootClock.now() + .seconds(20)
        var left = 1
        while left > 0, BootClock.now() < deadline {
            let rows = try connection.query("SELECT count(*) AS n FROM pg_stat_activity WHERE pid IN (\(numbers))")
            left = try rows.one().number("n")
        }
        #expect(left == 0, "\(left) sessions did not end")
    }

    private func state(_ connection: PostgresConnection? = nil) throws -> [[String?]] {
        try (connection ?? self.connection).query(
            """
            SELECT d.oid, datname, datallowconn, datconnlimit, datacl, datdba, setconfig FROM pg_database d
            LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid ORDER BY d.oid
            """
        ).rows
    }

    private func limit(of database: String) throws -> Int {
        try server.execute("SELECT datconnlimit AS n FROM pg_database WHERE datname = '\(database)'").one().number("n")
    }
}
