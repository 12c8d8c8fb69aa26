/// The permanent code of a message or a fault, such as `backup-failed`.
///
/// One table for both: a code never changes its meaning and is never used again for another.
package enum Code: String, Sendable, Codable, CaseIterable {
    // Service.
    case daemonStarted = "daemon-started"
    case daemonStopped = "daemon-stopped"
    case repositoryChecked = "repository-checked"
    case settingsReloaded = "settings-reloaded"
    case catalogRebuilt = "catalog-rebuilt"
    case badSettings = "bad-settings"
    case daemonUnreachable = "daemon-unreachable"
    case socketInUse = "socket-in-use"
    case notPermitted = "not-permitted"
    case wrongUsage = "wrong-usage"
    case notFound = "not-found"
    case ambiguousName = "ambiguous-name"
    case busy = "busy"
    case interrupted = "interrupted"
    case timedOut = "timed-out"
    case inputOutput = "input-output"
    case outOfSpace = "out-of-space"
    case internalError = "internal-error"

    // Servers and databases.
    case databaseFound = "database-found"
    case databaseGone = "database-gone"
    case serverUnreachable = "server-unreachable"
    case serverReachable = "server-reachable"
    case serverUnsupported = "server-unsupported"
    case notADatabase = "not-a-database"
    case databaseUnrecognised = "database-unrecognised"
    case databaseUnreadable = "database-unreadable"
    case databaseTruncated = "database-truncated"
    case databaseLocked = "database-locked"
    case databaseInUse = "database-in-use"
    case databaseDamaged = "database-damaged"
    case sourceChanged = "source-changed"
    case sourceRecovered = "source-recovered"
    case writersHeld = "writers-held"
    case graceStarted = "grace-started"
    case graceEnding = "grace-ending"
    case graceEnded = "grace-ended"
    case databaseReturned = "database-returned"
    case databaseAdopted = "database-adopted"
    case clientsDisconnected = "clients-disconnected"
    case clientsTold = "clients-told"
    case databaseClosed = "database-closed"
    case databaseOpened = "database-opened"

    // Backups.
    case backupStarted = "backup-started"
    case backupSucceeded = "backup-succeeded"
    case backupFailed = "backup-failed"
    case backupSkipped = "backup-skipped"
    case backupUnchanged = "backup-unchanged"
    case inCooldown = "in-cooldown"
    case drift = "drift"
    case stepRefused = "step-refused"
    case backupPreserved = "backup-preserved"
    case backupReleased = "backup-released"
    case backupDeleted = "backup-deleted"
    case backupUndeleted = "backup-undeleted"
    case backupDownloaded = "backup-downloaded"
    case backupSuspect = "backup-suspect"
    case backupDamaged = "backup-damaged"
    case backupOverdue = "backup-overdue"
    case backupOnTime = "backup-on-time"

    // The log of a server.
    case logFollowed = "log-followed"
    case logFailed = "log-failed"
    case logGap = "log-gap"
    case logDiffers = "log-differs"
    case logLag = "log-lag"
    case slotUnlimited = "slot-unlimited"
    case targetNotReached = "target-not-reached"
    case logDamaged = "log-damaged"

    // Restores and proofs.
    case restoreStarted = "restore-started"
    case restoreSucceeded = "restore-succeeded"
    case restoreFailed = "restore-failed"
    case restoreUndone = "restore-undone"
    case replacedDiscarded = "replaced-discarded"
    case targetExists = "target-exists"
    case targetNotAllowed = "target-not-allowed"
    case verifyStarted = "verify-started"
    case verifySucceeded = "verify-succeeded"
    case verifyFailed = "verify-failed"
    case drillStarted = "drill-started"
    case drillSucceeded = "drill-succeeded"
    case drillFailed = "drill-failed"

    // Schedules and the clock.
    case badSchedule = "bad-schedule"
    case scheduleExists = "schedule-exists"
    case scheduleAdded = "schedule-added"
    case scheduleChanged = "schedule-changed"
    case scheduleRemoved = "schedule-removed"
    case scheduleEmpty = "schedule-empty"
    case scheduleStarted = "schedule-started"
    case schedulesResumed = "schedules-resumed"
    case scheduleSkipped = "schedule-skipped"
    case scheduleCaughtUp = "schedule-caught-up"
    case scheduleRetried = "schedule-retried"
    case scheduleFailed = "schedule-failed"
    case commandStarted = "command-started"
    case commandSucceeded = "command-succeeded"
    case commandFailed = "command-failed"
    case commandRefused = "command-refused"
    case scheduledMessage = "scheduled-message"
    case clockStepped = "clock-stepped"
    case clockInDoubt = "clock-in-doubt"
    case clockConfirmed = "clock-confirmed"
    case zoneChanged = "zone-changed"

    // Retention.
    case badRetention = "bad-retention"
    case retentionChanged = "retention-changed"
    case pruneStarted = "prune-started"
    case pruneSucceeded = "prune-succeeded"
    case pruneFailed = "prune-failed"
    case pruneHeld = "prune-held"

    // Maintenance.
    case inMaintenance = "in-maintenance"
    case maintenanceChanged = "maintenance-changed"
    case maintenanceAnnounced = "maintenance-announced"
    case maintenanceWithdrawn = "maintenance-withdrawn"
    case maintenanceStarted = "maintenance-started"
    case maintenanceFinished = "maintenance-finished"
    case maintenanceSkipped = "maintenance-skipped"
    case maintenanceStuck = "maintenance-stuck"

    // The root helper.
    case rightUsed = "right-used"
    case rightRefused = "right-refused"
    case helperFailed = "helper-failed"

    // Message center.
    case failuresRepeated = "failures-repeated"
    case messagesPruned = "messages-pruned"

    // Repository.
    case repositoryCreated = "repository-created"
    case repositoryMissing = "repository-missing"
    case repositoryExists = "repository-exists"
    case repositoryDamaged = "repository-damaged"
    case repositoryTooNew = "repository-too-new"
    case repositoryReadOnly = "repository-read-only"
    case repositoryInUse = "repository-in-use"
    case packDamaged = "pack-damaged"
    case pointDamaged = "point-damaged"
    case mapDamaged = "map-damaged"
    case mapRebuilt = "map-rebuilt"
    case noKeyMatches = "no-key-matches"
    case keyDamaged = "key-damaged"
    case lastKey = "last-key"
    case keyAdded = "key-added"
    case keyRemoved = "key-removed"
    case sequenceTaken = "sequence-taken"
}

extension Code {
    /// The exit status of a command that ends with this fault; CLI.md promises the numbers.
    package var exitStatus: Int32 {
        switch self {
        case .wrongUsage, .ambiguousName, .targetExists, .badSchedule, .badRetention, .scheduleExists: 2
        case .repositoryMissing: 10
        case .busy, .databaseInUse, .databaseLocked, .repositoryInUse, .socketInUse: 11
        case .noKeyMatches, .keyDamaged: 12
        case .notPermitted, .targetNotAllowed, .commandRefused, .rightRefused: 13
        case .inCooldown: 14
        case .inMaintenance: 15
        case .notFound, .targetNotReached: 16
        case .databaseDamaged, .drift, .verifyFailed, .drillFailed, .repositoryDamaged, .packDamaged, .pointDamaged,
            .mapDamaged, .logDamaged, .backupDamaged:
            17
        case .backupOverdue: 18
        case .daemonUnreachable: 69
        case .badSettings: 78
        case .interrupted: 130
        default: 1
        }
    }

    /// Whether stored bytes are to blame, not the machine or the caller. A flipped bit in a version or flag makes an object
    /// look as if a newer release had written it.
    package var isDamage: Bool {
        [.packDamaged, .pointDamaged, .mapDamaged, .logDamaged, .repositoryDamaged, .repositoryTooNew].contains(self)
    }

    /// The HTTP status of a reply that carries this fault.
    package var httpStatus: Int {
        switch self {
        case .wrongUsage, .ambiguousName, .badSettings, .badSchedule, .badRetention: 400
        case .notPermitted, .targetNotAllowed, .commandRefused, .rightRefused: 403
        case .notFound, .repositoryMissing, .targetNotReached: 404
        case .busy, .databaseInUse, .databaseLocked, .repositoryInUse, .targetExists, .lastKey, .scheduleExists,
            .pruneHeld, .clockInDoubt, .inMaintenance:
            409
        case .inCooldown: 429
        case .outOfSpace: 507
        default: 500
        }
    }
}
