extension Code {
    /// What a code means and what to do about it, for people.
    package struct Explanation: Sendable, Equatable {
        /// Why it is said, one sentence or two.
        package let cause: String
        package let nextStep: String

        init(_ cause: String, next: String) {
            self.cause = cause
            nextStep = next
        }
    }

    /// The one table of explanations; the texts are in a file for each area.
    package var explanation: Explanation {
        switch self {
        case .daemonStarted: .daemonStarted
        case .daemonStopped: .daemonStopped
        case .repositoryChecked: .repositoryChecked
        case .settingsReloaded: .settingsReloaded
        case .catalogRebuilt: .catalogRebuilt
        case .badSettings: .badSettings
        case .daemonUnreachable: .daemonUnreachable
        case .socketInUse: .socketInUse
        case .notPermitted: .notPermitted
        case .wrongUsage: .wrongUsage
        case .notFound: .notFound
        case .ambiguousName: .ambiguousName
        case .busy: .busy
        case .interrupted: .interrupted
        case .timedOut: .timedOut
        case .inputOutput: .inputOutput
        case .outOfSpace: .outOfSpace
        case .internalError: .internalError
        case .databaseFound: .databaseFound
        case .databaseGone: .databaseGone
        case .serverUnreachable: .serverUnreachable
        case .serverReachable: .serverReachable
        case .serverUnsupported: .serverUnsupported
        case .notADatabase: .notADatabase
        case .databaseUnrecognised: .databaseUnrecognised
        case .databaseUnreadable: .databaseUnreadable
        case .databaseTruncated: .databaseTruncated
        case .databaseLocked: .databaseLocked
        case .databaseInUse: .databaseInUse
        case .databaseDamaged: .databaseDamaged
        case .sourceChanged: .sourceChanged
        case .sourceRecovered: .sourceRecovered
        case .writersHeld: .writersHeld
        case .graceStarted: .graceStarted
        case .graceEnding: .graceEnding
        case .graceEnded: .graceEnded
        case .databaseReturned: .databaseReturned
        case .databaseAdopted: .databaseAdopted
        case .clientsDisconnected: .clientsDisconnected
        case .clientsTold: .clientsTold
        case .databaseClosed: .databaseClosed
        case .databaseOpened: .databaseOpened
        case .backupStarted: .backupStarted
        case .backupSucceeded: .backupSucceeded
        case .backupFailed: .backupFailed
        case .backupSkipped: .backupSkipped
        case .backupUnchanged: .backupUnchanged
        case .inCooldown: .inCooldown
        case .drift: .drift
        case .stepRefused: .stepRefused
        case .backupPreserved: .backupPreserved
        case .backupReleased: .backupReleased
        case .backupDeleted: .backupDeleted
        case .backupUndeleted: .backupUndeleted
        case .backupDownloaded: .backupDownloaded
        case .backupSuspect: .backupSuspect
        case .backupDamaged: .backupDamaged
        case .backupOverdue: .backupOverdue
        case .backupOnTime: .backupOnTime
        case .logFollowed: .logFollowed
        case .logFailed: .logFailed
        case .logGap: .logGap
        case .logDiffers: .logDiffers
        case .logLag: .logLag
        case .slotUnlimited: .slotUnlimited
        case .targetNotReached: .targetNotReached
        case .logDamaged: .logDamaged
        case .restoreStarted: .restoreStarted
        case .restoreSucceeded: .restoreSucceeded
        case .restoreFailed: .restoreFailed
        case .restoreUndone: .restoreUndone
        case .replacedDiscarded: .replacedDiscarded
        case .targetExists: .targetExists
        case .targetNotAllowed: .targetNotAllowed
        case .verifyStarted: .verifyStarted
        case .verifySucceeded: .verifySucceeded
        case .verifyFailed: .verifyFailed
        case .drillStarted: .drillStarted
        case .drillSucceeded: .drillSucceeded
        case .drillFailed: .drillFailed
        case .badSchedule: .badSchedule
        case .scheduleExists: .scheduleExists
        case .scheduleAdded: .scheduleAdded
        case .scheduleChanged: .scheduleChanged
        case .scheduleRemoved: .scheduleRemoved
        case .scheduleEmpty: .scheduleEmpty
        case .scheduleStarted: .scheduleStarted
        case .schedulesResumed: .schedulesResumed
        case .scheduleSkipped: .scheduleSkipped
        case .scheduleCaughtUp: .scheduleCaughtUp
        case .scheduleRetried: .scheduleRetried
        case .scheduleFailed: .scheduleFailed
        case .commandStarted: .commandStarted
        case .commandSucceeded: .commandSucceeded
        case .commandFailed: .commandFailed
        case .commandRefused: .commandRefused
        case .scheduledMessage: .scheduledMessage
        case .clockStepped: .clockStepped
        case .clockInDoubt: .clockInDoubt
        case .clockConfirmed: .clockConfirmed
        case .zoneChanged: .zoneChanged
        case .badRetention: .badRetention
        case .retentionChanged: .retentionChanged
        case .pruneStarted: .pruneStarted
        case .pruneSucceeded: .pruneSucceeded
        case .pruneFailed: .pruneFailed
        case .pruneHeld: .pruneHeld
        case .inMaintenance: .inMaintenance
        case .maintenanceChanged: .maintenanceChanged
        case .maintenanceAnnounced: .maintenanceAnnounced
        case .maintenanceWithdrawn: .maintenanceWithdrawn
        case .maintenanceStarted: .maintenanceStarted
        case .maintenanceFinished: .maintenanceFinished
        case .maintenanceSkipped: .maintenanceSkipped
        case .maintenanceStuck: .maintenanceStuck
        case .rightUsed: .rightUsed
        case .rightRefused: .rightRefused
        case .helperFailed: .helperFailed
        case .failuresRepeated: .failuresRepeated
        case .messagesPruned: .messagesPruned
        case .repositoryCreated: .repositoryCreated
        case .repositoryMissing: .repositoryMissing
        case .repositoryExists: .repositoryExists
        case .repositoryDamaged: .repositoryDamaged
        case .repositoryTooNew: .repositoryTooNew
        case .repositoryReadOnly: .repositoryReadOnly
        case .repositoryInUse: .repositoryInUse
        case .packDamaged: .packDamaged
        case .pointDamaged: .pointDamaged
        case .mapDamaged: .mapDamaged
        case .mapRebuilt: .mapRebuilt
        case .noKeyMatches: .noKeyMatches
        case .keyDamaged: .keyDamaged
        case .lastKey: .lastKey
        case .keyAdded: .keyAdded
        case .keyRemoved: .keyRemoved
        case .sequenceTaken: .sequenceTaken
        }
    }
}
