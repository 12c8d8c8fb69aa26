package import Model

/// Number of a run; grows, never used twice.
package typealias RunID = Int64

package enum RunKind: String, Sendable, CaseIterable {
    case backup
    case restore
    case verify
    case download
    case drill
    case prune
    case command
    case message
}

package enum RunState: String, Sendable, CaseIterable {
    case queued
    case running
    case succeeded
    case failed
    case skipped
    case cancelled

    package var isOpen: Bool { self == .queued || self == .running }
}

/// What a run is to do.
package struct RunRequest: Sendable, Equatable {
    package var kind: RunKind
    package var database: DatabaseName?
    package var unit: UnitID?
    package var backupKind: BackupKind?
    package var origin: BackupOrigin?
    package var actor: Actor
    /// Where a restore goes to, or how deep a verification goes; for people.
    package var target: String?
    package var comment: String?
    /// The schedule that asked for it, and the occurrence.
    package var schedule: String?
    package var occurrence: OccurrenceID?
    /// Whether it waits for, and holds up, other exclusive runs of its unit.
    package var isExclusive: Bool

    /// - Parameter isExclusive: backups are unless told otherwise, other kinds aren't.
    package init(
        _ kind: RunKind, database: DatabaseName? = nil, unit: UnitID? = nil, backupKind: BackupKind? = nil,
        origin: BackupOrigin? = nil, actor: Actor = .daemon, target: String? = nil, comment: String? = nil,
        schedule: String? = nil, occurrence: OccurrenceID? = nil, isExclusive: Bool? = nil
    ) {
        self.kind = kind
        self.database = database
        self.unit = unit
        self.backupKind = backupKind
        self.origin = origin
        self.actor = actor
        self.target = target
        self.comment = comment
        self.schedule = schedule
        self.occurrence = occurrence
        self.isExclusive = isExclusive ?? (kind == .backup)
    }

    var isOnDemandBackup: Bool { kind == .backup && origin == .onDemand }
}

/// The execution of a backup, restore, verification or download.
package struct Run: Sendable, Equatable {
    package let id: RunID
    package let request: RunRequest
    package let state: RunState
    package let requested: Instant
    package let started: Instant?
    package let finished: Instant?
    /// Why it did not succeed.
    package let fault: RecordedFault?
    package let backup: BackupID?
    package let read: ByteCount
    package let stored: ByteCount
}

/// What remains of a fault in the catalog.
package struct RecordedFault: Sendable, Equatable {
    package let code: Code
    package let text: String
    package let hint: String?

    package init(code: Code, text: String, hint: String?) {
        self.code = code
        self.text = text
        self.hint = hint
    }

    init(_ fault: Fault) {
        self.init(
            code: fault.code, text: fault.cause.map { "\(fault.message): \($0)" } ?? fault.message, hint: fault.hint)
    }

    package var fault: Fault { Fault(code, text, hint: hint) }
}
