import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing

@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled), .serialized, .timeLimit(.minutes(10)))
struct PostgresOutlookTests {
    @Test func tellsSlotsTheirLimitAndTheAgeOfTheCertificate() throws {
        let server = try PostgresServer()
        let engine = PostgresEngine(
            ServerDefinition(name: "main", folders: [], connection: server.connectionString(), scratch: "/tmp"))
        var outlook = try #require(try engine.outlook())
        #expect(outlook == ServerOutlook())
        let key = "\(server.folder)/server"
        let made = Process()
        made.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        made.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "20", "-subj", "/CN=test", "-keyout",
            "\(key).key",
            "-out", "\(server.dataFolder)/server.crt",
        ]
        made.standardError = FileHandle.nullDevice
        try made.run()
        made.waitUntilExit()
        try #require(made.terminationStatus == 0)
        let owner = try #require(Users.account(named: "postgres"))
        for path in ["\(key).key", "\(server.dataFolder)/server.crt"] where geteuid() == 0 {
            #expect(chown(path, owner.uid, owner.gid) == 0)
        }
        #expect(chmod("\(key).key", 0o600) == 0)
        try server.append(
            "ssl = on\nssl_key_file = '\(key).key'\nmax_slot_wal_keep_size = '3GB'\n", to: "postgresql.conf")
        try server.restart()
        try server.execute(
            "SELECT pg_create_physical_replication_slot('holdfast_left', true)",
            "SELECT pg_create_physical_replication_slot('standby')")
        outlook = try #require(try engine.outlook())
        #expect(outlook.slots.map(\.name) == ["holdfast_left"] && outlook.slots[0].isActive == false)
        #expect(outlook.slotLimit == ByteCount(3 << 30))
        #expect(outlook.certificate == "\(server.dataFolder)/server.crt")
        let left = try #require(outlook.certificateExpires) - WallClock.now()
        #expect(left > .seconds(19 * 86_400) && left <= .seconds(20 * 86_400))
    }

    @Test func showsRunningClustersByTheirSocketsAndWhatTheirRolesLack() throws {
        let server = try PostgresServer()
        let socket = try #require(PostgresSocket.all(in: [server.folder, server.folder, "/nonexistent"]).first)
        #expect(socket.port == 5432 && socket.dataFolder == server.dataFolder)
        #expect(PostgresSocket(in: server.folder, port: 1) == nil)
        guard geteuid() == 0 else { return }
        let owner = PostgresOwner(socket)
        let missing = try PostgresReadiness.look(owner, role: "it's new")
        #expect(missing.statements.first == "CREATE ROLE \"it's new\" LOGIN REPLICATION" && missing.slotLimit == nil)
        try owner.ask(missing.statements)
        #expect(try PostgresReadiness.look(owner, role: "it's new").statements.isEmpty)
        try server.execute(
            "ALTER ROLE \"it's new\" NOLOGIN NOREPLICATION", "REVOKE pg_monitor FROM \"it's new\"",
            "SELECT pg_create_physical_replication_slot('standby')")
        let left = try PostgresReadiness.look(owner, role: "it's new")
        #expect(
            left.statements == [
                "ALTER ROLE \"it's new\" LOGIN", "GRANT pg_monitor TO \"it's new\"",
                "ALTER ROLE \"it's new\" REPLICATION",
            ])
        #expect(left.otherSlots == ["standby"] && left.replicates && left.size > .zero)
    }
}
