import EnginesTestSupport
import Glibc
import Model
import Operations
import Platform
import Synchronization
import Testing
import Wire

/// Drills as runs: what stays on record, and what is left out.
@Suite struct HostDrillTests {
    @Test func eachDatabaseHasARunOfItsOwnAndItsProofOnRecord() async throws {
        let fixture = try HostFixture(databases: ["a.db", "b.db", "new.db"])
        try await fixture.backUp()
        try LedgerWriter.run("create", fixture.root("data/later.db"), "--size", "50000", "--journal", "wal")
        _ = fixture.host.discoverAll()
        let calls = Mutex(0)
        let (ended, isEnded) = AsyncStream<Void>.makeStream()
        let before = WallClock.now()
        let reply = try fixture.host.requestDrill(
            DrillRequest(all: true), by: .daemon, origin: .scheduled,
            ended: { _ in
                let count = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                if count == 3 { isEnded.finish() }
            })
        for await _ in ended {}
        #expect(reply.runs.map(\.database?.text) == ["crm/a.db", "crm/b.db", "crm/new.db"])
        #expect(reply.skipped.map(\.database.text) == ["crm/later.db"] && reply.skipped.map(\.code) == [.notFound])
        for run in reply.runs {
            let run = try await fixture.ended(run)
            #expect(run.kind == .drill && run.state == .succeeded && run.backup != nil && run.origin == .scheduled)
            #expect(try await fixture.messages(of: run).map(\.code) == [.drillStarted, .drillSucceeded])
            let database = try await fixture.service.database(try #require(run.database).text, for: .daemon)
            #expect(try #require(database.lastProven) > before)
            let backup = try await fixture.service.backup(try #require(run.backup), for: .daemon)
            #expect(backup.verified?.level == .restore && backup.proven != nil)
        }
        #expect(calls.withLock { $0 } == 3)
        #expect(try Files.list(fixture.root("state/scratch")) == [])
    }

    @Test func oneBadBackupFailsItsOwnRunOnly() async throws {
        let fixture = try HostFixture(databases: ["a.db", "b.db"])
        let file = try File.open(fixture.root("data/a.db"), .readWrite)
        try [UInt8](repeating: 0xA5, count: 4096).withUnsafeBytes { try file.write($0, at: 10 * 4096) }
        try await fixture.backUp()
        var ended: [Run] = []
        for run in try await fixture.service.drill(DrillRequest(databases: ["crm"]), by: .daemon).runs {
            ended.append(try await fixture.ended(run))
        }
        #expect(ended.map(\.state) == [.failed, .succeeded])
        #expect(ended[0].fault?.code == .drillFailed && ended[0].backup != nil)
        let message = try #require(try await fixture.messages(of: ended[0]).last)
        #expect(message.code == .drillFailed && message.severity == .error)
        let bad = try #require(ended[0].backup)
        #expect(message.text.contains("crm/a.db") && message.text.contains("\(bad)"))
        let (told, good) = (
            try await fixture.service.database("a.db", for: .daemon),
            try await fixture.service.database("b.db", for: .daemon)
        )
        #expect(told.lastProven == nil && good.lastProven != nil)
        #expect(told.doubt?.code == .backupDamaged && good.doubt == nil)
        #expect(told.doubt?.message.hasPrefix("its newest backup failed its last check: the restored copy") == true)
    }

    @Test func whatCannotBeDrilledIsRefused() async throws {
        let fixture = try HostFixture()
        for (request, code) in [
            (DrillRequest(), .wrongUsage), (DrillRequest(databases: ["a"], all: true), .wrongUsage),
            (DrillRequest(databases: ["none"]), .notFound), (DrillRequest(databases: ["ledger.db"]), .notFound),
        ] as [(DrillRequest, Code)] {
            let fault = await #expect(throws: Fault.self) { try await fixture.service.drill(request, by: .daemon) }
            #expect(fault?.code == code)
        }
        let calls = Mutex(0)
        let none = try fixture.host.requestDrill(
            DrillRequest(all: true), by: .daemon, ended: { _ in calls.withLock { $0 += 1 } })
        #expect(none.runs.isEmpty && none.skipped.count == 1 && calls.withLock { $0 } == 0)
    }

    @Test(.enabled(if: getuid() == 0, "query files belong to root"))
    func aDrillAsksTheQueriesOfItsServerCanBeCancelledAndIsNotStartedTwice() async throws {
        let drills = try DrillFixture()
        let endless = try drills.queries(
            """
            database: ledger.db
            query: WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n
            expect-rows: 1
            """)
        let fixture = try HostFixture(server: "drill_queries = [\"\(endless)\"]")
        try await fixture.backUp()
        let request = DrillRequest(databases: ["ledger.db"])
        let reply = try await fixture.service.drill(request, by: .daemon)
        let fault = await #expect(throws: Fault.self) { try await fixture.service.drill(request, by: .daemon) }
        #expect(fault?.code == .busy)
        for await step in try await fixture.service.followRun(reply.runs[0].id, for: .daemon)
        where step.progress?.phase == "querying" {
            _ = try await fixture.service.cancelRun(step.id, by: .daemon)
        }
        let run = try await fixture.service.run(reply.runs[0].id, for: .daemon)
        #expect(run.state == .cancelled && run.fault?.code == .interrupted)
        #expect(try await fixture.messages(of: run).last?.code == .drillFailed)
        #expect(try await fixture.service.database("ledger.db", for: .daemon).lastProven == nil)
        #expect(try Files.list(fixture.root("state/scratch")) == [])
    }
}
