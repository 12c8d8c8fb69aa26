package import Model

package enum RunKind: String, Sendable, Codable, CaseIterable {
    case backup
    case restore
    case verify
    case download
    case drill
    case prune
    case command
    case message
}

package enum RunState: String, Sendable, Codable, CaseIterable {
    case waiting
    case running
    case succeeded
    case failed
    case skipped
    case cancelled

    package var isFinal: Bool { self != .waiting && self != .running }
}

/// How far a run is.
package struct Progress: Sendable, Codable, Equatable {
    /// What it does now, such as `reading` or `merging`.
    package var phase: String
    package var done: ByteCount
    /// Absent while unknown.
    package var total: ByteCount?
    package var bytesPerSecond: Double?
    package var remainingSeconds: Double?

    /// 0…100; nil while the total is unknown.
    package var percent: Double? {
        guard let total, total.bytes > 0 else { return nil }
        return min(100, Double(done.bytes) * 100 / Double(total.bytes))
    }

    package init(
        phase: String, done: ByteCount, total: ByteCount? = nil, bytesPerSecond: Double? = nil,
        remainingSeconds: Double? = nil
    ) {
        self.phase = phase
        self.done = done
        self.total = total
        self.bytesPerSecond = bytesPerSecond
        self.remainingSeconds = remainingSeconds
    }
}

/// One execution of an operation, waiting, at work or ended.
package struct Run: Sendable, Codable, Equatable {
    package var id: String
    package var kind: RunKind
    package var state: RunState
    package var database: DatabaseName?
    package var actor: Principal
    package var origin: BackupOrigin?
    package var backupKind: BackupKind?
    package var created: Instant
    package var started: Instant?
    package var finished: Instant?
    package var progress: Progress?
    /// One line for people once it has ended, such as `unchanged since 10:00`.
    package var outcome: String?
    package var fault: ProblemObject?
    /// The backup made, restored or verified.
    package var backup: BackupID?
    package var restored: RestoreResult?
    package var report: VerifyReport?
    package var pruned: PruneResult?
    /// The schedule that asked for it.
    package var schedule: String?
    /// Place among the runs that wait, 1 being the next to start.
    package var place: Int?

    package init(
        id: String, kind: RunKind, state: RunState, database: DatabaseName? = nil, actor: Principal,
        origin: BackupOrigin? = nil, backupKind: BackupKind? = nil, created: Instant, started: Instant? = nil,
        finished: Instant? = nil, progress: Progress? = nil, outcome: String? = nil, fault: ProblemObject? = nil,
        backup: BackupID? = nil, restored: RestoreResult? = nil, report: VerifyReport? = nil,
        pruned: PruneResult? = nil, schedule: String? = nil, place: Int? = nil
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.database = database
        self.actor = actor
        self.origin = origin
        self.backupKind = backupKind
        self.created = created
        self.started = started
        self.finished = finished
        self.progress = progress
        self.outcome = outcome
        self.fault = fault
        self.backup = backup
        self.restored = restored
        self.report = report
        self.pruned = pruned
        self.schedule = schedule
        self.place = place
    }
}

/// Which runs to list; newest first.
package struct RunQuery: Sendable, Codable, Equatable {
    package var database: String?
    /// Only those that wait or work.
    package var active: Bool
    package var limit: Int?

    package init(database: String? = nil, active: Bool = false, limit: Int? = nil) {
        self.database = database
        self.active = active
        self.limit = limit
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        database = try fields.decodeIfPresent(String.self, forKey: .database)
        active = try fields.decodeIfPresent(Bool.self, forKey: .active) ?? false
        limit = try fields.decodeIfPresent(Int.self, forKey: .limit)
    }
}
