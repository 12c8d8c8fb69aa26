import Engines
import EnginesTestSupport
import Foundation
import Model
import Testing

/// What a superuser of a cluster can have done by a trial of its copy.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled), .enabled(if: geteuid() == 0, "as whom root tries it"))
struct PostgresTrialTests {
    @Test func settingsLoadNothingAndCodeHasNoRights() throws {
        let (folder, server) = (try TestFolder(), try PostgresServer(settings: ["autovacuum = off"]))
        chmod(folder.path, 0o711)
        let seen = try folder.makeFolder("seen")
        chmod(seen, 0o777)
        try server.execute("CREATE ROLE keeper SUPERUSER LOGIN", "CREATE DATABASE crm")
        try server.putCode(into: "crm", telling: "\(seen)/status")
        try server.execute(
            "ALTER DATABASE crm SET session_preload_libraries = 'absent'",
            "ALTER ROLE postgres IN DATABASE template1 SET local_preload_libraries = 'absent'",
            "ALTER ROLE postgres SET session_preload_libraries = 'absent'")
        // So it is with the server itself.
        #expect(throws: Fault.self) { try server.execute("SELECT 1") }

        let engine = try EngineRegistry.engine(
            "postgres",
            for: ServerDefinition(
                name: "main", folders: [], connection: server.connectionString(user: "keeper"),
                scratch: folder("scratch")))
        let database = try #require(engine.discover(known: [], memory: nil).finding.databases.first)
        let copy = folder("copy")
        try Snapshots.restore(engine, database, to: copy)
        let problems = try engine.check(copy)
        #expect(problems == [])

        let status = try String(contentsOfFile: "\(seen)/status", encoding: .utf8)
        let users = status.split(separator: "\n").first { $0.hasPrefix("Uid:\t") }?.split(separator: "\t").dropFirst()
        #expect(try #require(users).allSatisfy { (61_184...65_519).contains(Int($0) ?? 0) }, "\(status)")
        #expect(status.contains("CapEff:\t0000000000000000") && status.contains("NoNewPrivs:\t1"), "\(status)")
        #expect(status.contains("Groups:\t \n"), "\(status)")
    }
}
