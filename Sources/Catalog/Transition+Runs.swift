import GRDB
import Model
import Policies

extension Transition {
    func run(_ id: RunID) throws -> Run? {
        try row("SELECT * FROM runs WHERE id = ?", [id]).map(Run.init(row:))
    }

    func queue(_ request: RunRequest, at instant: Instant) throws -> Run {
        try execute(
            """
            INSERT INTO runs (kind, database, unit, backup_kind, origin, actor_uid, actor_name, target, comment,
                schedule, occurrence, exclusive, state, requested_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)
            """,
            [
                request.kind.rawValue, request.database?.text, request.unit?.description,
                request.backupKind?.rawValue, request.origin?.rawValue, request.actor.uid, request.actor.name,
                request.target, request.comment, request.schedule, request.occurrence, request.isExclusive,
                instant.microseconds,
            ])
        return try existing(database.lastInsertedRowID)
    }

    func claim(_ id: RunID, at instant: Instant, messages: [MessageDraft]) throws -> Claim {
        guard let run = try run(id), run.state == .queued else { return .notQueued }
        if run.request.isExclusive, let unit = run.request.unit {
            let other = try row(
                "SELECT id FROM runs WHERE unit = ? AND state = 'running' AND exclusive = 1", [unit.description])
            if let other { return .waits(for: other["id"]) }
        }
        try execute(
            "UPDATE runs SET state = 'running', started_at = ? WHERE id = ? AND state = 'queued'",
            [instant.microseconds, id])
        try record(messages, of: run, at: instant)
        return .claimed(try existing(id))
    }

    @discardableResult
    func finish(
        _ id: RunID, _ outcome: RunOutcome, at clock: ClockReading, findings: RunFindings, messages: [MessageDraft]
    ) throws -> Bool {
        guard let run = try run(id), run.state.isOpen else { return false }
        try close(run, outcome, at: clock.wall)
        if let capture = findings.capture { try record(capture) }
        for proof in findings.proofs { try record(proof) }
        try updateFault(after: run, outcome, at: clock.wall)
        if case .succeeded = outcome, run.request.isOnDemandBackup, findings.startsCooldown,
            let unit = run.request.unit
        {
            try startCooldown(of: unit, at: clock)
        }
        try record(messages, of: run, at: clock.wall)
        return true
    }

    private func close(_ run: Run, _ outcome: RunOutcome, at instant: Instant) throws {
        var result: (backup: BackupID?, read: ByteCount, stored: ByteCount) = (nil, .zero, .zero)
        if case .succeeded(let backup, let read, let stored) = outcome { result = (backup, read, stored) }
        let fault = outcome.fault.map { RecordedFault($0) }
        try execute(
            """
            UPDATE runs SET state = ?, finished_at = ?, backup = ?, bytes_read = ?, bytes_stored = ?, fault_code = ?,
                fault_text = ?, fault_hint = ?
            WHERE id = ?
            """,
            [
                outcome.state.rawValue, instant.microseconds, result.backup?.description, result.read.bytes,
                result.stored.bytes, fault?.code.rawValue, fault?.text, fault?.hint, run.id,
            ])
    }

    /// An interruption says nothing about the database.
    private func updateFault(after run: Run, _ outcome: RunOutcome, at instant: Instant) throws {
        guard run.request.kind == .backup, let unit = run.request.unit else { return }
        switch outcome {
        case .succeeded: try setFault(nil, of: unit, at: instant)
        case .failed(let fault) where fault.code != .interrupted:
            try setFault(RecordedFault(fault), of: unit, at: instant)
        case .failed, .skipped, .cancelled: break
        }
    }

    private func existing(_ id: RunID) throws -> Run {
        guard let run = try run(id) else { throw Fault(.internalError, "run \(id) vanished") }
        return run
    }

    /// Messages of a run take from it what they leave open.
    private func record(_ drafts: [MessageDraft], of run: Run, at instant: Instant) throws {
        for var draft in drafts {
            draft.run = draft.run ?? run.id
            draft.database = draft.database ?? run.request.database
            if draft.actor == .daemon { draft.actor = run.request.actor }
            try record(draft, at: instant)
        }
    }
}

extension Run {
    init(row: Row) throws {
        let request = RunRequest(
            try row.required(row.value("kind"), "runs.kind"), database: row.database("database"),
            unit: row.text("unit").flatMap { UnitID($0) }, backupKind: row.value("backup_kind"),
            origin: row.value("origin"), actor: row.actor(uid: "actor_uid", name: "actor_name"),
            target: row.text("target"), comment: row.text("comment"), schedule: row.text("schedule"),
            occurrence: row.number("occurrence"), isExclusive: row["exclusive"])
        self.init(
            id: row["id"], request: request, state: try row.required(row.value("state"), "runs.state"),
            requested: try row.required(row.instant("requested_at"), "runs.requested_at"),
            started: row.instant("started_at"), finished: row.instant("finished_at"), fault: row.fault,
            backup: row.backup("backup"), read: row.bytes("bytes_read") ?? .zero,
            stored: row.bytes("bytes_stored") ?? .zero)
    }
}
