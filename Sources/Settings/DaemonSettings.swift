package import Model
package import Policies

/// The settings in force: every value checked, defaults filled in.
package struct DaemonSettings: Sendable, Equatable {
    /// An IANA name; nil is the system's zone.
    package var timeZone: String?
    package var socket: String
    package var stateDirectory: String
    package var logDirectory: String
    /// Folders under which users other than root may restore to.
    package var restoreRoots: [String]
    package var repository: RepositorySettings
    package var backup: BackupSettings
    package var retention: RetentionSettings
    package var messages: MessageSettings
    /// The calendar expression of the full that servers get by default; nil is off.
    package var full: String?
    /// The progressive tick that servers get by default; nil is off.
    package var progressive: Duration?
    /// When every database is drilled; nil is off.
    package var drillAt: String?
    /// When what retention has released is deleted; nil is off.
    package var pruneAt: String?
    /// The program that stops and starts units.
    package var systemctl: String
    /// The program that runs others in units of their own.
    package var systemdRun: String
    /// The root helper's socket; nil does without.
    package var helper: String?
    /// Whom commands of schedules run as; nil is a user that is made for each.
    package var commandUser: String?
    /// In order of name.
    package var servers: [ServerSettings]
    /// Every setting with its value and its source, in the order of the reference and then of the servers' names.
    package var listing: [SettingSource]

    package func server(_ name: String) -> ServerSettings? { servers.first { $0.name == name } }
}

package struct RepositorySettings: Sendable, Equatable {
    package enum Key: Sendable, Equatable {
        /// Absolute path.
        case file(String)
        /// The name of a systemd credential.
        case credential(String)
    }

    package var path: String
    package var key: Key
    package var compression: Compression

    /// What the packaged unit hands the daemon as a credential.
    package static let packagedKeyFile = "/etc/holdfast/repository.key"

    /// The key's file; of a credential the one of the packaged unit, which a drop-in may have changed.
    package var fileOfKey: String {
        switch key {
        case .file(let path): path
        case .credential: Self.packagedKeyFile
        }
    }
}

package struct BackupSettings: Sendable, Equatable {
    /// Backups at work at once.
    package var parallel: Int
    package var onDemandCooldown: Duration
    /// Of servers that say nothing else.
    package var load: LoadPlan
}

package struct RetentionSettings: Sendable, Equatable {
    /// What holds where nothing else is said; `keepDays` and `deletedDays` are always there.
    package var rules: RetentionRules
    package var maxKeepDays: Int
    /// How far back any point in time can be restored, for engines with a log.
    package var logDays: Int
    /// How long a deleted backup can be brought back.
    package var undelete: Duration
    /// Percent of an existing database's backups that one prune may delete without confirmation.
    package var largestShare: Int

    package var keepDays: Int { rules.keepDays ?? 30 }
    package var deletedDays: Int { rules.deletedDays ?? 7 }
}

/// How long the message center keeps what was said.
package struct MessageSettings: Sendable, Equatable {
    package var keep: Duration
    package var keepCount: Int

    package init(keep: Duration, keepCount: Int) {
        self.keep = keep
        self.keepCount = keepCount
    }
}

package struct ServerSettings: Sendable, Equatable {
    package var name: String
    package var engine: String
    /// Absolute paths.
    package var folders: [String]
    /// Shell patterns on paths relative to their folder; empty includes everything.
    package var include: [String]
    package var exclude: [String]
    /// How an engine's client library reaches it; nil for one of files only.
    package var connection: String?
    /// A calendar expression; nil is off.
    package var full: String?
    package var progressive: Duration?
    /// Whether its write-ahead log is received; only of engines that have one.
    package var followsLog: Bool
    /// What a server without a limit of its own is set to keep of its log for us; nil leaves it as it is.
    package var slotLimit: ByteCount?
    /// How much a backup may take from the server, by day and by night.
    package var load: LoadPlan
    /// Absolute paths of the files whose queries restore drills ask.
    package var drillQueries: [String]
    /// Systemd units that use its databases.
    package var units: [String]
    /// A program and its arguments; empty where root has named none.
    package var updateCommand: [String]
    package var certificateCommand: [String]
}

/// One setting and where its value came from.
package struct SettingSource: Sendable, Equatable {
    package var key: String
    /// As written in TOML.
    package var value: String
    /// `FILE:LINE`, or `default`.
    package var source: String
}
