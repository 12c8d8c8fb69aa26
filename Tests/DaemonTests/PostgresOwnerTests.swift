import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// A cluster that a daemon without rights restores belongs to whom it did, and starts.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0 && Programs.ofSystem("setpriv") != nil, "needs root and setpriv"))
struct PostgresOwnerTests {
    @Test func everyFileOfARestoredClusterBelongsToItsServer() async throws {
        let server = try await Threads.run("postgres") { try PostgresServer() }
        try server.execute("CREATE TABLE t AS SELECT generate_series(1, 5000) AS id")
        let helper = try RootHelper()
        var options = PrivateDaemon.Options()
        options.servers = [:]
        options.helper = helper.socket
        options.tail = [
            "[servers.main]", "engine = \"postgres\"", "connection = \"host=\(server.folder) user=postgres\"",
            "follow_log = \"no\"",
        ]
        let daemon = try PrivateDaemon(options)
        try await daemon.startUnprivileged {
            try Files.setOwner(helper.restored, uid: RootHelper.user, gid: RootHelper.user)
        }
        try await daemon.succeed("backup", "main", within: .seconds(120))
        let target = "\(helper.restored)/main"
        let output = try await daemon.holdfast("restore", "main", "--to", target, within: .seconds(120))
        #expect(output.status == 0 && !output.text.contains("belongs to"), "\(output)")
        let owner = try #require(Users.id(named: "postgres"))
        let paths = try FileManager.default.subpathsOfDirectory(atPath: target).map { "\(target)/\($0)" }
        #expect(paths.count > 500)
        for path in paths + [target] {
            let status = try #require(try Files.status(path, followLinks: false))
            #expect(status.uid == owner && status.mode & 0o077 == 0, "\(path)")
        }
        #expect(try Files.status(target)?.mode == 0o700)
        // Files that the backup doesn't have, too.
        #expect(paths.contains("\(target)/postgresql.auto.conf"))
        let asked = try helper.record()
        #expect(asked["HOLDFAST_VERB"] == "own" && asked["HOLDFAST_OUTCOME"] == "begun", "\(asked)")
        #expect(asked["HOLDFAST_REQUEST"]?.contains("\"uid\":\(owner)") == true)
    }

    @Test func aDrillHandsOnNothingOfTheDaemonsCapability() async throws {
        let server = try await Threads.run("postgres") { try PostgresServer() }
        try server.execute("CREATE DATABASE crm")
        var options = PrivateDaemon.Options()
        options.servers = [:]
        options.tail = [
            "[servers.main]", "engine = \"postgres\"", "connection = \"host=\(server.folder) user=postgres\"",
            "follow_log = \"no\"",
        ]
        let daemon = try PrivateDaemon(options)
        let seen = "\(daemon.path)/seen"
        try server.putCode(into: "crm", telling: seen)
        try await daemon.startUnprivileged()
        try await daemon.succeed("backup", "main", within: .seconds(120))
        try await daemon.succeed("drill", "main", within: .seconds(120))
        let status = try String(contentsOfFile: seen, encoding: .utf8)
        #expect(status.contains("Uid:\t\(RootHelper.user)\t"), "\(status)")
        for set in ["CapPrm", "CapEff", "CapAmb"] { #expect(status.contains("\(set):\t0000000000000000"), "\(status)") }
    }
}
