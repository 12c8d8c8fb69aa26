import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// The first hour of a PostgreSQL server that lets nobody in but its owner.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "the daemon's role is root here"))
struct PostgresSetupTests {
    private func closedServer() throws -> PostgresServer {
        let server = try PostgresServer()
        try server.execute("CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id")
        try "local all postgres peer\nlocal replication postgres peer\n"
            .write(toFile: "\(server.dataFolder)/pg_hba.conf", atomically: false, encoding: .utf8)
        try server.reload()
        return server
    }

    @Test func aRoleIsMadeLetInAndEverythingProven() async throws {
        let server = try await Threads.run("postgres") { try self.closedServer() }
        let fixture = try SetupFixture(socketFolders: [server.folder])
        try "older".write(
            toFile: "\(server.dataFolder)/pg_hba.conf.before-holdfast", atomically: false, encoding: .utf8)
        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.output)\(fixture.errors)\(fixture.unit.errors)")
        #expect(fixture.output.contains("the database is proven restorable"), "\(fixture.output)")
        #expect(fixture.errors.contains("CREATE ROLE root LOGIN REPLICATION; GRANT pg_monitor TO root"))
        let servers = try String(contentsOfFile: fixture.servers, encoding: .utf8)
        #expect(servers.contains("connection = \"host=\(server.folder) user=root\""), "\(servers)")

        let rules = try String(contentsOfFile: "\(server.dataFolder)/pg_hba.conf", encoding: .utf8)
        #expect(
            rules == """
                # By holdfast setup, for its backups:
                local all root peer
                local replication root peer
                local all postgres peer
                local replication postgres peer

                """)
        // A copy that was there before is nobody's to replace.
        let copies = try ["", "-2"].map { number in
            try String(contentsOfFile: "\(server.dataFolder)/pg_hba.conf.before-holdfast\(number)", encoding: .utf8)
        }
        #expect(copies == ["older", "local all postgres peer\nlocal replication postgres peer\n"])
        #expect(try Files.status("\(server.dataFolder)/pg_hba.conf")?.mode == 0o600)
        let rights = try server.execute(
            """
            SELECT rolsuper OR pg_has_role('root', 'pg_signal_backend', 'USAGE') AS mighty, rolreplication AS replicates,
              current_setting('max_slot_wal_keep_size') AS size FROM pg_roles WHERE rolname = 'root'
            """, user: "root"
        ).one()
        #expect(try !rights.flag("mighty") && rights.flag("replicates"))
        #expect(try rights.text("size").hasSuffix("GB"))

        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.output)\(fixture.errors)")
        #expect(try String(contentsOfFile: fixture.servers, encoding: .utf8) == servers)
        #expect(try String(contentsOfFile: "\(server.dataFolder)/pg_hba.conf", encoding: .utf8) == rules)
        #expect(!fixture.errors.contains("GRANT"))
    }

    @Test func onATerminalNothingIsChangedThatIsDeclined() async throws {
        let server = try await Threads.run("postgres") { try self.closedServer() }
        let fixture = try SetupFixture(socketFolders: [server.folder])
        let careful = SetupFixture.careful
        let status = await fixture.run("setup", "--no-start") { shown in
            shown.hasSuffix("add them? (a copy of the file is kept) [Y/n] ")
                || shown.hasSuffix("GB? [Y/n] ") ? "n" : careful(shown)
        }
        #expect(status == 3, "\(fixture.output)\(fixture.errors)")
        #expect(fixture.errors.contains("local all root peer; local replication root peer"), "\(fixture.errors)")
        let rules = try String(contentsOfFile: "\(server.dataFolder)/pg_hba.conf", encoding: .utf8)
        #expect(rules == "local all postgres peer\nlocal replication postgres peer\n")

        // What was declined is asked again by the next run, also of a server that is named.
        let named = ["setup", "--yes", "--no-start", "--postgres", "host=\(server.folder) user=root"]
        #expect(await fixture.run(named[0], named[1], named[2], named[3], named[4]) == 0, "\(fixture.errors)")
        #expect(fixture.errors.contains("put on top of \(server.dataFolder)/pg_hba.conf: local all root peer"))
    }

    /// The server says which file its rules are in: it may be anything.
    @Test(arguments: ["folder", "group"]) func rulesThatAreNoFileOfItsOwnerAreLeftAlone(what: String) async throws {
        let server = try await Threads.run("postgres") { try self.closedServer() }
        let rules = "\(server.dataFolder)/pg_hba.conf"
        if what == "folder" {
            try Files.remove(rules)
            try Files.makeDirectory(rules, mode: 0o755)
        } else {
            try Files.setOwner(rules, gid: 54_321)
        }
        let before = try Files.status(rules)
        let fixture = try SetupFixture(socketFolders: [server.folder])
        #expect(await fixture.run("setup", "--yes", "--no-start") != 0, "\(fixture.output)\(fixture.errors)")
        let told = what == "folder" ? "pg_hba.conf is no file" : "doesn't belong to postgres and its group"
        #expect(fixture.errors.contains(told), "\(fixture.errors)")
        #expect(try Files.status(rules) == before)
    }

    @Test func onlyARefusalByTheRulesHasThemChanged() async throws {
        let server = try await Threads.run("postgres") {
            let server = try PostgresServer()
            try server.execute("CREATE ROLE root LOGIN REPLICATION CONNECTION LIMIT 0")
            return server
        }
        let rules = "\(server.dataFolder)/pg_hba.conf"
        let before = try String(contentsOfFile: rules, encoding: .utf8)
        let fixture = try SetupFixture(socketFolders: [server.folder])
        #expect(await fixture.run("setup", "--yes", "--no-start") == 3, "\(fixture.output)\(fixture.errors)")
        #expect(fixture.errors.contains("its own limit of connections is reached"), "\(fixture.errors)")
        #expect(try String(contentsOfFile: rules, encoding: .utf8) == before)
        #expect(!Files.exists("\(rules).before-holdfast"))
    }

    @Test func aNamedServerIsTakenWithoutASearchAndOneThatIsSilentIsRefused() async throws {
        let server = try await Threads.run("postgres") { try self.closedServer() }
        let fixture = try SetupFixture()
        let connection = "host=\(server.folder) user=root"
        #expect(await fixture.run("setup", "--dry-run", "--postgres", connection) == 0, "\(fixture.errors)")
        #expect(fixture.output.contains("server postgres: \(connection)"), "\(fixture.output)")
        #expect(fixture.output.contains("to PostgreSQL server postgres: CREATE ROLE root LOGIN REPLICATION"))
        #expect(await fixture.run("setup", "--dry-run", "--postgres", "host=\(server.folder) port=1") != 0)
        #expect(fixture.errors.contains("no PostgreSQL server listens on port 1 in \(server.folder)"))
        #expect(await fixture.run("setup", "--dry-run", "--postgres", connection + " password=x") == 78)
        #expect(fixture.errors.contains("holds a secret") && !fixture.errors.contains("password=x"))
    }
}
