import Engines
import EnginesTestSupport
import Model
import Testing

@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled))
struct PostgresPrivilegeTests {
    static let shared = Result { try PostgresServer() }

    let server: PostgresServer

    init() throws { server = try Self.shared.get() }

    @Test func namesEveryGrantAPlainRoleLacks() throws {
        try server.execute("CREATE ROLE plain LOGIN")
        let connection = try server.access(user: "plain").connect()
        let statements = try connection.missingPrivileges()
        #expect(
            statements == [
                "GRANT pg_monitor TO plain",
                "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean) TO plain",
                "GRANT EXECUTE ON FUNCTION pg_backup_stop(boolean) TO plain",
                "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO plain",
                "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text) TO plain",
                "ALTER ROLE plain REPLICATION",
                "GRANT pg_signal_backend TO plain",
            ])
        let fault = #expect(throws: Fault.self) { try PostgresDiscovery.look(connection) }
        #expect(fault?.code == .notPermitted)
        #expect(fault?.hint == "as a superuser, in database postgres: GRANT pg_monitor TO plain")
    }

    @Test func itsGrantsSuffice() throws {
        try server.execute("CREATE ROLE \"The Backup\"\" Role\" LOGIN")
        let connection = try server.access(user: "The Backup\" Role").connect()
        let statements = try connection.missingPrivileges()
        #expect(statements.count == 7)
        for statement in statements { try server.execute(statement) }
        #expect(try connection.missingPrivileges().isEmpty)
        #expect(try !PostgresDiscovery.look(connection).databases.isEmpty)
        try connection.query("SELECT pg_backup_start('holdfast', true)", needs: .startBackup)
        try connection.query("SELECT pg_backup_stop(false)", needs: .stopBackup)
        try connection.query("SELECT pg_switch_wal()", needs: .switchLog)
        try connection.query("SELECT pg_create_restore_point('holdfast')", needs: .restorePoint)
    }

    @Test func aSuperuserLacksNothing() throws {
        #expect(try server.access().connect().missingPrivileges().isEmpty)
    }

    @Test(arguments: [
        (
            PostgresPrivilege.startBackup, "SELECT pg_backup_start('x', true)",
            "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean) TO refused"
        ),
        (.stopBackup, "SELECT pg_backup_stop(false)", "GRANT EXECUTE ON FUNCTION pg_backup_stop(boolean) TO refused"),
        (.switchLog, "SELECT pg_switch_wal()", "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO refused"),
        (
            .restorePoint, "SELECT pg_create_restore_point('x')",
            "GRANT EXECUTE ON FUNCTION pg_create_restore_point(text) TO refused"
        ),
        (.monitoring, "SELECT current_setting('data_directory')", "GRANT pg_monitor TO refused"),
    ])
    func aRefusalNamesTheGrant(privilege: PostgresPrivilege, statement: String, grant: String) throws {
        try server.execute(
            "DO $$BEGIN CREATE ROLE refused LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END$$"
        )
        let connection = try server.access(user: "refused").connect()
        let fault = #expect(throws: Fault.self) { try connection.query(statement, needs: privilege) }
        #expect(fault?.code == .notPermitted)
        #expect(fault?.context["sqlstate"] == "42501")
        #expect(fault?.hint == "as a superuser, in database postgres: \(grant)")
    }

    @Test func namesARevokedFunction() throws {
        try server.execute("CREATE DATABASE strict", "CREATE ROLE watch LOGIN", "GRANT pg_monitor TO watch")
        try server.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC", database: "strict")
        let fault = #expect(throws: Fault.self) {
            try PostgresDiscovery.look(server.access(user: "watch", dbname: "strict").connect())
        }
        #expect(
            fault?.hint == "as a superuser, in database strict: GRANT EXECUTE ON FUNCTION pg_control_system() TO watch")
    }
}
