import Model
import Operations
import Testing
import Wire

@Suite struct StatusSentenceTests {
    private func database(
        _ name: String, backup: Int64? = nil, unchanged: Int64? = nil, proven: Int64? = nil, overdue: Bool = false,
        fault: Code? = nil, doubt: String? = nil
    ) -> Database {
        var database = Database(
            name: DatabaseName("crm/\(name)"), server: "crm", path: "/srv/crm/\(name)", engine: "sqlite",
            state: .present, backups: backup == nil ? 0 : 1, lastBackup: backup.map { Instant(seconds: $0) },
            unchangedAsOf: unchanged.map { Instant(seconds: $0) }, lastProven: proven.map { Instant(seconds: $0) },
            overdue: overdue, fault: fault.map { ProblemObject(code: $0, message: "x") })
        database.doubt = doubt.map { ProblemObject(code: .backupDamaged, message: $0) }
        return database
    }

    private func text(
        _ databases: [Database], problems: [String] = [], next: NextRun? = nil, unacknowledged: Int = 0
    ) -> String {
        StatusSentence(
            databases: databases, problems: problems.map { ProblemObject(code: .outOfSpace, message: $0) }, next: next,
            unacknowledged: unacknowledged, time: { "T\($0.seconds)" }
        ).text
    }

    @Test func whatIsGoodIsSaidInOneBreath() {
        let next = NextRun(schedule: "crm-full", instant: Instant(seconds: 900))
        #expect(
            text(
                [database("a", backup: 100, unchanged: 200, proven: 150), database("b", backup: 300, proven: 50)],
                next: next)
                == "all 2 databases can be restored to T200 or later, proven on T50 or later; next: crm-full at T900; "
                + "nothing needs you")
        #expect(
            text([database("a", backup: 100)])
                == "the database can be restored to T100, not proven yet; nothing needs you")
    }

    @Test func whatNeedsSomebodyIsNamedFirstThingsFirst() {
        #expect(
            text([database("a", backup: 100, overdue: true), database("b", backup: 300, proven: 50)])
                == "all 2 databases can be restored to T100 or later, 1 of 2 proven; needs you: crm/a is overdue")
        #expect(
            text([database("a", backup: 100, overdue: true), database("b")], problems: ["the disk is full"])
                == "1 of 2 databases can be restored to T100, not proven yet; needs you: crm/a is overdue, and 2 more")
        #expect(
            text([database("a", fault: .backupFailed), database("b", fault: .databaseLocked)])
                == "none of 2 databases has a backup yet; needs you: 2 databases have a fault")
        #expect(text([database("a", backup: 1)], unacknowledged: 2).hasSuffix("needs you: 2 errors to acknowledge"))
    }

    @Test func whatCannotBeCountedOnIsNotRestorableAndNamedFirst() {
        let bad = "its newest backup is damaged"
        let (good, damaged) = (
            database("a", backup: 100, proven: 90), database("b", backup: 50, proven: 40, doubt: bad)
        )
        #expect(
            text([good, damaged], problems: ["the disk is full"])
                == "1 of 2 databases can be restored to T100, proven on T90; needs you: crm/b: \(bad), and 1 more")
        #expect(
            text([damaged])
                == "the database can't be restored from its newest backup; needs you: crm/b: \(bad)")
        #expect(
            text([damaged, database("c", backup: 60, doubt: bad)])
                == "none of 2 databases can be restored from its newest backup; needs you: "
                + "2 databases have a newest backup that can't be counted on")
    }

    @Test func withoutARepositoryNothingCanBeRestored() {
        func text(_ databases: [Database], problems: [String]) -> String {
            StatusSentence(
                databases: databases, problems: problems.map { ProblemObject(code: .repositoryMissing, message: $0) },
                backupsAreCounted: false, repositoryFault: "there is no repository in /r", time: { "T\($0.seconds)" }
            ).text
        }
        let (good, gone) = (database("a", backup: 100, proven: 100), "there is no repository in /r")
        #expect(text([good], problems: [gone]) == "nothing can be restored now: \(gone)")
        #expect(text([], problems: [gone]) == "nothing can be restored now: \(gone)")
        #expect(
            text([good, database("b", backup: 100, overdue: true)], problems: [gone, "the disk is full"])
                == "nothing can be restored now: \(gone); needs you: crm/b is overdue, and 1 more")
    }

    @Test func nothingFoundSaysWhatToDo() {
        #expect(text([]) == "no databases were found; needs you: name their folders in the settings")
        #expect(text([], problems: ["server crm is unreachable"]).hasSuffix("needs you: server crm is unreachable"))
    }
}
