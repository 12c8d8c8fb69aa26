import Model
import Operations
import Testing
import Wire

@Suite struct FinishingTests {
    private static func run(
        _ id: String, _ kind: RunKind = .backup, state: RunState = .running, _ database: String? = nil,
        remaining: Double? = nil, done: Int64? = nil
    ) -> Run {
        let progress = done.map {
            Progress(phase: "reading", done: ByteCount($0), total: ByteCount(100), remainingSeconds: remaining)
        }
        return Run(
            id: id, kind: kind, state: state, database: database.map { DatabaseName($0) },
            actor: Principal(Actor.daemon), created: Instant(seconds: 0),
            progress: progress ?? remaining.map { Progress(phase: "reading", done: .zero, remainingSeconds: $0) })
    }

    @Test(arguments: [
        (remaining: 20.0, elapsed: 0, isDropped: false), (61, 0, true), (50, 15, true), (10, 49, false),
        (0, 60, true),
    ])
    func letsFinishWhatWillBeDoneInTime(remaining: Double, elapsed: Int, isDropped: Bool) {
        let dropped = FinishingRule().dropped([Self.run("1", remaining: remaining)], after: .seconds(elapsed))
        #expect(dropped.map(\.id) == (isDropped ? ["1"] : []))
    }

    @Test func givesAMomentToWhatCannotTellHowLongItNeeds() {
        let run = Self.run("1", .drill)
        #expect(FinishingRule().dropped([run], after: .seconds(4)).isEmpty)
        #expect(FinishingRule().dropped([run], after: .seconds(5)) == [run])
    }

    @Test func saysInALineWhatWorks() {
        #expect(RunSummary.text([]) == "at rest")
        let runs = [
            Self.run("1", .backup, "crm/a.db", done: 42), Self.run("2", .prune), Self.run("3", .verify, "crm/b.db"),
            Self.run("4", state: .waiting, "crm/c.db"),
        ]
        #expect(RunSummary.text(runs) == "backing up crm/a.db 42 %, pruning, 1 more; 1 waiting")
        #expect(RunSummary.text([runs[3]]) == "1 waiting")
    }
}
