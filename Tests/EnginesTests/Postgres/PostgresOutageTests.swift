import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform
import Testing

@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled), .serialized)
struct PostgresOutageTests {
    @Test func aServerKilledInTheMiddleOfAQueryIsNoticedAtOnce() throws {
        let server = try PostgresServer()
        let connection = try server.access().connect()
        var killed: Duration?
        let fault = #expect(throws: Fault.self) {
            try connection.query("DO $$BEGIN LOOP END LOOP; END$$") {
                guard killed == nil else { return }
                killed = BootClock.now()
                server.kill9()
            }
        }
        #expect(fault?.code == .serverUnreachable)
        #expect(fault?.hint != nil)
        #expect(BootClock.now() - (killed ?? .zero) < .seconds(3))
        #expect(!connection.isUsable)
        #expect(throws: Fault.self) { try connection.query("SELECT 1") }
        try server.start()
        #expect(try server.access().connect().isUsable)
    }

    @Test func anEndedSessionIsNoServerThatAnswers() throws {
        let server = try PostgresServer()
        let connection = try server.access().connect()
        let fault = #expect(throws: Fault.self) {
            try connection.query("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")
        }
        #expect(fault?.code == .serverUnreachable)
        #expect(throws: Fault.self) { try connection.query("SELECT 1") }
    }

    @Test func saysThatNoConnectionIsFree() throws {
        let server = try PostgresServer(settings: ["max_connections = 10", "superuser_reserved_connections = 2"])
        try server.execute("CREATE ROLE shop LOGIN")
        var crowd: [PostgresConnection] = []
        let fault = #expect(throws: Fault.self) {
            for _ in 0..<20 { crowd.append(try server.access(user: "shop").connect()) }
        }
        #expect(crowd.count == 8)
        #expect(fault?.code == .busy)
        #expect(fault?.context["sqlstate"] == "53300")
        #expect(fault?.hint?.contains("max_connections") == true)
        #expect(try server.access().connect().isUsable)
    }

    @Test func refusedConnectionsLeaveNothingOpen() throws {
        let server = try PostgresServer()
        let access = try server.access(user: "absent")
        let before = try openFiles()
        for _ in 0..<300 { #expect(throws: Fault.self) { try access.connect() } }
        // Other tests open files meanwhile, but not hundreds.
        #expect(try openFiles() < before + 150)
    }

    private func openFiles() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test func aServerThatDoesNotAnswerIsGivenUpInTime() throws {
        let server = try PostgresServer()
        var access = try server.access()
        access.patience.connecting = .milliseconds(300)
        let connection = try access.connect()
        let postmaster = try connection.query("SELECT pg_read_file('postmaster.pid') AS lines").one().text("lines")
        let processID = Int32(postmaster.prefix { $0 != "\n" }) ?? 0
        let session = connection.processID
        #expect(processID > 1 && session > 1)
        for process in [processID, session] { PostgresServer.send(.pause, to: process) }
        defer { for process in [session, processID] { PostgresServer.send(.resume, to: process) } }
        let refused = #expect(throws: Fault.self) { try access.connect() }
        #expect(refused?.code == .timedOut)
        let started = BootClock.now()
        let late = #expect(throws: Fault.self) { try connection.query("SELECT 1", limit: .milliseconds(100)) }
        #expect(late?.code == .timedOut)
        #expect(BootClock.now() - started < .seconds(4))
        #expect(!connection.isUsable)
    }
}
