package import Model

/// Whether the daemon sees a database now.
package enum DatabaseState: String, Sendable, Codable, CaseIterable {
    case present
    /// Its server or folder doesn't answer; nothing is known about the database itself.
    case unreachable
    /// It is there, but can't be read as a database; `fault` says why.
    case unreadable
    /// Its server's latest complete answer lacks it; its deletion is not confirmed yet.
    case missing
    /// Its server answered, complete, and no longer has it; twice, at least a minute apart.
    case deleted
    /// Its server is no longer in the settings: what was backed up stays as retention keeps it.
    case removed
}

/// A database and how well it is backed up.
package struct Database: Sendable, Codable, Equatable {
    package var name: DatabaseName
    package var server: String
    /// Absolute path of the main file.
    package var path: String
    package var engine: String
    package var state: DatabaseState
    package var size: ByteCount?
    /// The number of backups that can be restored.
    package var backups: Int
    /// The instant that the newest backup holds.
    package var lastBackup: Instant?
    package var lastBackupId: BackupID?
    /// The newest instant at which the database was seen to be as in the last backup.
    package var unchangedAsOf: Instant?
    /// When a backup of it was last restored and passed the engine's check.
    package var lastProven: Instant?
    package var nextRun: Instant?
    package var nextRunKind: BackupKind?
    /// The schedule that makes it.
    package var nextRunSchedule: String?
    /// No good backup for longer than its schedules promise.
    package var overdue: Bool
    package var overdueSince: Instant?
    /// The end of the cooldown of on-demand backups.
    package var cooldownEnds: Instant?
    /// The run that works on it now.
    package var run: String?
    /// When its deletion was confirmed.
    package var deleted: Instant?
    package var graceEnds: Instant?
    /// Why the last attempt failed, or why it can't be read.
    package var fault: ProblemObject?
    /// Why its newest backup can't be counted on, such as `backup-damaged`; absent while nothing speaks against it.
    package var doubt: ProblemObject?
    /// Of a server whose write-ahead log is received.
    package var log: LogState?
    /// What it holds, when it is a whole server.
    package var members: [DatabaseMember] = []

    package init(
        name: DatabaseName, server: String, path: String, engine: String, state: DatabaseState, size: ByteCount? = nil,
        backups: Int = 0, lastBackup: Instant? = nil, lastBackupId: BackupID? = nil, unchangedAsOf: Instant? = nil,
        lastProven: Instant? = nil, nextRun: Instant? = nil, nextRunKind: BackupKind? = nil, overdue: Bool = false,
        cooldownEnds: Instant? = nil, run: String? = nil, deleted: Instant? = nil, graceEnds: Instant? = nil,
        fault: ProblemObject? = nil
    ) {
        self.name = name
        self.server = server
        self.path = path
        self.engine = engine
        self.state = state
        self.size = size
        self.backups = backups
        self.lastBackup = lastBackup
        self.lastBackupId = lastBackupId
        self.unchangedAsOf = unchangedAsOf
        self.lastProven = lastProven
        self.nextRun = nextRun
        self.nextRunKind = nextRunKind
        self.overdue = overdue
        self.overdueSince = nil
        self.nextRunSchedule = nil
        self.cooldownEnds = cooldownEnds
        self.run = run
        self.deleted = deleted
        self.graceEnds = graceEnds
        self.fault = fault
    }
}

/// A database of a server that is backed up as one.
package struct DatabaseMember: Sendable, Codable, Equatable {
    package var name: DatabaseName
    package var size: ByteCount
    /// As its server says it, such as `open` or `closed`.
    package var state: String

    package init(name: DatabaseName, size: ByteCount, state: String) {
        self.name = name
        self.size = size
        self.state = state
    }
}
