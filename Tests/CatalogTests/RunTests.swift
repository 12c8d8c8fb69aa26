import Catalog
import Foundation
import Model
import Policies
import Synchronization
import Testing

@Suite struct RunTests {
    let scratch: Scratch
    let unit = UnitID.random()
    var catalog: Catalog { scratch.catalog }

    init() throws {
        scratch = try Scratch()
        let sighting = Sighting(unit: unit, name: orders, path: "/srv/crm/orders.db", engine: "sqlite")
        try scratch.catalog.record(.complete([sighting], identity: nil), server: "crm", at: at(0))
    }

    func onDemand(_ unit: UnitID? = nil) -> RunRequest {
        RunRequest(
            .backup, database: orders, unit: unit ?? self.unit, backupKind: .progressive, origin: .onDemand,
            actor: alice,
            comment: "before the update")
    }

    func texts(after: MessageID = 0) throws -> [String] {
        try catalog.messages(MessageQuery(after: after)).filter { $0.code != .databaseFound }.map(\.text)
    }

    @Test func aRunGoesFromQueuedOverRunningToItsEnd() throws {
        let run = try #require(try catalog.enqueue([onDemand()], at: reading(10)).first).get()
        #expect(run.state == .queued)
        let started = MessageDraft(.info, .backupStarted, "started")
        guard case .claimed(let claimed) = try catalog.claimRun(run.id, at: at(11), messages: [started]) else {
            Issue.record("not claimed")
            return
        }
        #expect(claimed.state == .running && claimed.started == at(11))
        let backup = BackupID(unit: unit, sequence: 4)
        let capture = Capture(
            unit: unit, backup: backup, kind: .progressive, instant: at(12), size: ByteCount(4096), changeToken: "{}")
        let isFinished = try catalog.finishRun(
            run.id, .succeeded(backup: backup, read: ByteCount(10), stored: ByteCount(5)), at: reading(20),
            findings: RunFindings(capture: capture), messages: [MessageDraft(.success, .backupSucceeded, "done")])
        #expect(isFinished)
        let ended = try #require(try catalog.run(run.id))
        #expect(ended.request == onDemand())
        #expect(ended.state == .succeeded && ended.finished == at(20) && ended.backup == backup)
        #expect(ended.read == ByteCount(10) && ended.stored == ByteCount(5) && ended.fault == nil)
        let record = try #require(try catalog.database(unit))
        #expect(record.lastBackup == .init(backup: backup, kind: .progressive, instant: at(12)))
        #expect(record.changeToken == "{}" && record.size == ByteCount(4096) && record.unchangedAsOf == at(12))
        let messages = try catalog.messages(MessageQuery(run: run.id))
        #expect(messages.map(\.text) == ["started", "done"])
        #expect(messages.allSatisfy { $0.database == orders && $0.actor == alice })
    }

    @Test func onlyOneOfManyClaimsARun() throws {
        let run = try #require(try catalog.enqueue([onDemand()], at: reading(0)).first).get()
        let catalog = self.catalog
        let claims = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            if case .claimed = try? catalog.claimRun(
                run.id, at: at(1), messages: [MessageDraft(.info, .backupStarted, "started")])
            {
                claims.withLock { $0 += 1 }
            }
        }
        #expect(claims.withLock { $0 } == 1)
        #expect(try texts() == ["started"])
    }

    @Test func aRunEndsOnceAndItsMessageIsRecordedOnce() throws {
        let run = try catalog.beginRun(onDemand(), at: reading(0))
        let done = MessageDraft(.success, .backupSucceeded, "done")
        #expect(try catalog.finishRun(run.id, .succeeded(), at: reading(1), messages: [done]))
        #expect(try !catalog.finishRun(run.id, .failed(Fault(.drift, "late")), at: reading(2), messages: [done]))
        #expect(try catalog.run(run.id)?.state == .succeeded)
        #expect(try texts() == ["done"])
    }

    @Test func backupsOfOneUnitWaitForEachOther() throws {
        let scheduled = RunRequest(.backup, database: orders, unit: unit, origin: .scheduled)
        let first = try catalog.beginRun(scheduled, at: reading(0))
        let second = try #require(try catalog.enqueue([scheduled], at: reading(1)).first).get()
        #expect(try catalog.claimRun(second.id, at: at(2)) == .waits(for: first.id))
        let fault = #expect(throws: Fault.self) { try catalog.beginRun(scheduled, at: reading(3)) }
        #expect(fault?.code == .busy)
        // Reading what is stored holds nobody up, and another unit neither.
        _ = try catalog.beginRun(RunRequest(.verify, database: orders, unit: unit), at: reading(3))
        _ = try catalog.beginRun(RunRequest(.backup, unit: UnitID.random()), at: reading(3))
        try catalog.finishRun(first.id, .succeeded(), at: reading(4), messages: [])
        guard case .claimed = try catalog.claimRun(second.id, at: at(5)) else {
            Issue.record("still waits")
            return
        }
    }

    @Test func theCooldownStartsWithTheEndOfASuccessAndRefusesAtomically() throws {
        let cooldown = Cooldown()
        let failed = try catalog.beginRun(onDemand(), at: reading(0), cooldown: cooldown)
        try catalog.finishRun(failed.id, .failed(Fault(.drift, "no")), at: reading(10), messages: [])
        let run = try catalog.beginRun(onDemand(), at: reading(20), cooldown: cooldown)
        let busy = try catalog.enqueue([onDemand()], at: reading(21), cooldown: cooldown)
        #expect(throws: Fault.self) { try busy.first?.get() }
        try catalog.finishRun(run.id, .succeeded(), at: reading(100), messages: [])
        try scratch.reopen()
        let results = try catalog.enqueue([onDemand(), onDemand(.random())], at: reading(101), cooldown: cooldown)
        let fault = #expect(throws: Fault.self) { try results.first?.get() }
        #expect(fault?.code == .inCooldown)
        #expect(fault?.context["retry_after_seconds"] == "599")
        #expect(try results.last?.get().state == .queued)
        let after = try catalog.enqueue([onDemand()], at: reading(700), cooldown: cooldown)
        #expect(try after.first?.get().state == .queued)
    }

    @Test func scheduledBackupsNeitherStartNorKeepACooldown() throws {
        let scheduled = RunRequest(.backup, database: orders, unit: unit, origin: .scheduled)
        let run = try catalog.beginRun(scheduled, at: reading(0), cooldown: Cooldown())
        try catalog.finishRun(run.id, .succeeded(), at: reading(1), messages: [])
        #expect(try catalog.cooldownStart(of: unit) == nil)
        let own = try catalog.beginRun(onDemand(), at: reading(2), cooldown: Cooldown())
        try catalog.finishRun(own.id, .succeeded(), at: reading(3), messages: [])
        _ = try catalog.beginRun(scheduled, at: reading(4), cooldown: Cooldown())
    }

    @Test func aKilledDaemonsRunsAreClosedWithAMessageEach() throws {
        let running = try catalog.beginRun(onDemand(), at: reading(0))
        let committed = try catalog.beginRun(RunRequest(.backup, unit: UnitID.random()), at: reading(1))
        let queued = try #require(
            try catalog.enqueue([RunRequest(.verify, database: orders, unit: unit)], at: reading(2)).first
        ).get()
        try scratch.reopen()
        let backup = BackupID(unit: unit, sequence: 9)
        let closed = try catalog.closeInterruptedRuns(at: reading(50)) { run in
            run.id == committed.id ? (.succeeded(backup: backup), RunFindings()) : nil
        }
        #expect(closed.count == 3)
        #expect(try catalog.run(running.id)?.state == .failed)
        #expect(try catalog.run(running.id)?.fault?.code == .interrupted)
        #expect(try catalog.run(committed.id)?.backup == backup)
        #expect(try catalog.run(queued.id)?.state == .skipped)
        #expect(try texts().count == 3)
        #expect(try catalog.database(unit)?.fault == nil)
        #expect(try catalog.cooldownStart(of: unit) == nil)
        #expect(try catalog.closeInterruptedRuns(at: reading(60)).isEmpty)
        #expect(try catalog.runs(RunQuery(states: [.running, .queued])).isEmpty)
    }

    @Test func aFailureStaysOnTheDatabaseUntilTheNextSuccess() throws {
        let run = try catalog.beginRun(onDemand(), at: reading(0))
        let fault = Fault(.databaseLocked, "cannot read orders", hint: "wait", cause: Fault(.busy, "locked"))
        try catalog.finishRun(run.id, .failed(fault), at: reading(5), messages: [])
        let record = try #require(try catalog.database(unit))
        #expect(record.fault?.code == .databaseLocked)
        #expect(record.fault?.text == "cannot read orders: locked [busy]")
        #expect(record.faultSince == at(5))
        let again = try catalog.beginRun(onDemand(), at: reading(10))
        try catalog.finishRun(again.id, .succeeded(), at: reading(15), messages: [])
        #expect(try catalog.database(unit)?.fault == nil)
        #expect(try catalog.database(unit)?.faultSince == nil)
    }

    @Test func onlyQueuedRunsAreCancelled() throws {
        let run = try #require(try catalog.enqueue([onDemand()], at: reading(0)).first).get()
        let cancelled = Fault(.interrupted, "cancelled by alice")
        let message = MessageDraft(.warning, cancelled)
        #expect(try catalog.cancelQueuedRun(run.id, cancelled, at: reading(1), messages: [message]))
        #expect(try catalog.run(run.id)?.state == .cancelled)
        #expect(try catalog.claimRun(run.id, at: at(2)) == .notQueued)
        #expect(try !catalog.cancelQueuedRun(run.id, cancelled, at: reading(3), messages: [message]))
        #expect(try texts().count == 1)
    }

    @Test func proofsOfRestoresAreTheHeadline() throws {
        let backup = BackupID(unit: unit, sequence: 1)
        let run = try catalog.beginRun(RunRequest(.verify, database: orders, unit: unit), at: reading(0))
        let proofs = [
            Proof(unit: unit, backup: backup, level: .restore, instant: at(5)),
            Proof(unit: unit, backup: backup, level: .stored, instant: at(6)),
            Proof(
                unit: unit, backup: BackupID(unit: unit, sequence: 2), level: .restore, instant: at(7),
                fault: Fault(.packDamaged, "pack")),
        ]
        try catalog.finishRun(
            run.id, .succeeded(), at: reading(8), findings: RunFindings(proofs: proofs), messages: [])
        #expect(try catalog.database(unit)?.lastProven == .init(backup: backup, instant: at(5)))
        #expect(try catalog.proofs(of: backup).map(\.level) == [.stored, .restore])
        #expect(try catalog.proofs(of: unit) == [backup: proofs[0]])
    }

    @Test func aFailedCheckOfTheNewestBackupStandsUntilOneAsDeepFindsItGood() throws {
        let run = try catalog.beginRun(onDemand(), at: reading(0))
        let (older, newest) = (BackupID(unit: unit, sequence: 1), BackupID(unit: unit, sequence: 2))
        let capture = Capture(unit: unit, backup: newest, kind: .full, instant: at(1))
        try catalog.finishRun(
            run.id, .succeeded(backup: newest), at: reading(2), findings: RunFindings(capture: capture), messages: [])
        func check(_ backup: BackupID, _ level: VerifyLevel, _ fault: Fault? = nil) throws -> [BackupID: String?] {
            let run = try catalog.beginRun(RunRequest(.verify, database: orders, unit: unit), at: reading(3))
            let proof = Proof(unit: unit, backup: backup, level: level, instant: at(3), fault: fault)
            try catalog.finishRun(
                run.id, .succeeded(), at: reading(4), findings: RunFindings(proofs: [proof]), messages: [])
            return try catalog.failedProofs().mapValues { $0.fault?.text }
        }
        let bad = Fault(.databaseDamaged, "bad")
        #expect(try check(older, .pages, bad).isEmpty)
        #expect(try check(newest, .pages, bad) == [newest: "bad"])
        #expect(try check(newest, .stored) == [newest: "bad"])
        #expect(try check(newest, .restore).isEmpty)
        #expect(try check(newest, .restore, bad) == [newest: "bad"])
        let next = try catalog.beginRun(onDemand(), at: reading(5))
        let newer = BackupID(unit: unit, sequence: 3)
        try catalog.finishRun(
            next.id, .succeeded(backup: newer), at: reading(6),
            findings: RunFindings(capture: Capture(unit: unit, backup: newer, kind: .full, instant: at(6))),
            messages: [])
        #expect(try catalog.failedProofs().isEmpty)
    }
}
