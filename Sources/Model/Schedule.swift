/// What a schedule does when it is due.
package enum ScheduleAction: String, Sendable, Codable, CaseIterable {
    case backup
    case verify
    /// Trial restores that leave a dated proof.
    case drill
    /// Says something in the message center.
    case message
    /// Runs a program that root has put there.
    case command
    /// Deletes what retention has released.
    case prune
}

/// Who made a schedule what it is.
package enum ScheduleSource: String, Sendable, Codable, CaseIterable {
    /// Follows the settings, which every server's default schedules come from.
    case settings
    /// An admin added or changed it; settings don't touch it any more.
    case admin
}

/// A rule by which the daemon does something again and again. The same value in the catalog, in requests and in `apply`
/// files.
package struct Schedule: Sendable, Hashable, Codable {
    /// Up to 63 letters, digits, `.`, `_` and `-`; unique.
    package var name: String
    package var action: ScheduleAction
    /// A systemd calendar expression, `every 5m`, or `once 2026-11-22T10:00`.
    package var when: String
    /// IANA name; nil is the daemon's zone.
    package var timeZone: String?
    /// No occurrence before it.
    package var starts: Instant?
    /// No occurrence after it.
    package var ends: Instant?
    /// Occurrences are late by a random but stable part of this.
    package var spreadSeconds: Int
    /// What decides that part; nil: the name.
    package var seed: String?
    /// How late a missed occurrence may still be made up; nil: until the next one is due.
    package var deadlineSeconds: Int?
    /// Attempts in all, 1 to 10.
    package var attempts: Int
    /// Before the second attempt; doubles with each further one, up to an hour.
    package var retrySeconds: Int
    /// Names of databases, servers, folders (`server/folder/`) or shell patterns; empty means everything.
    package var scope: [String]
    package var enabled: Bool
    package var source: ScheduleSource
    /// Of a backup.
    package var kind: BackupKind?
    /// Of a verification.
    package var level: VerifyLevel?
    /// Of a message.
    package var text: String?
    package var severity: Severity?
    /// The argument vector of a command, the absolute path of its file first.
    package var command: [String]
    /// After which a command is ended.
    package var timeoutSeconds: Int?
    /// For the backups it makes; what it leaves open is taken from the database, the folder and the default.
    package var retention: RetentionRules?

    package init(
        name: String, action: ScheduleAction, when: String, timeZone: String? = nil, starts: Instant? = nil,
        ends: Instant? = nil, spreadSeconds: Int = 0, seed: String? = nil, deadlineSeconds: Int? = nil,
        attempts: Int = 3,
        retrySeconds: Int = 60, scope: [String] = [], enabled: Bool = true, source: ScheduleSource = .admin,
        kind: BackupKind? = nil, level: VerifyLevel? = nil, text: String? = nil, severity: Severity? = nil,
        command: [String] = [], timeoutSeconds: Int? = nil, retention: RetentionRules? = nil
    ) {
        self.name = name
        self.action = action
        self.when = when
        self.timeZone = timeZone
        self.starts = starts
        self.ends = ends
        self.spreadSeconds = spreadSeconds
        self.seed = seed
        self.deadlineSeconds = deadlineSeconds
        self.attempts = attempts
        self.retrySeconds = retrySeconds
        self.scope = scope
        self.enabled = enabled
        self.source = source
        self.kind = kind
        self.level = level
        self.text = text
        self.severity = severity
        self.command = command
        self.timeoutSeconds = timeoutSeconds
        self.retention = retention
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try fields.decode(String.self, forKey: .name),
            action: try fields.decode(ScheduleAction.self, forKey: .action),
            when: try fields.decode(String.self, forKey: .when),
            timeZone: try fields.decodeIfPresent(String.self, forKey: .timeZone),
            starts: try fields.decodeIfPresent(Instant.self, forKey: .starts),
            ends: try fields.decodeIfPresent(Instant.self, forKey: .ends),
            spreadSeconds: try fields.decodeIfPresent(Int.self, forKey: .spreadSeconds) ?? 0,
            seed: try fields.decodeIfPresent(String.self, forKey: .seed),
            deadlineSeconds: try fields.decodeIfPresent(Int.self, forKey: .deadlineSeconds),
            attempts: try fields.decodeIfPresent(Int.self, forKey: .attempts) ?? 3,
            retrySeconds: try fields.decodeIfPresent(Int.self, forKey: .retrySeconds) ?? 60,
            scope: try fields.decodeIfPresent([String].self, forKey: .scope) ?? [],
            enabled: try fields.decodeIfPresent(Bool.self, forKey: .enabled) ?? true,
            source: try fields.decodeIfPresent(ScheduleSource.self, forKey: .source) ?? .admin,
            kind: try fields.decodeIfPresent(BackupKind.self, forKey: .kind),
            level: try fields.decodeIfPresent(VerifyLevel.self, forKey: .level),
            text: try fields.decodeIfPresent(String.self, forKey: .text),
            severity: try fields.decodeIfPresent(Severity.self, forKey: .severity),
            command: try fields.decodeIfPresent([String].self, forKey: .command) ?? [],
            timeoutSeconds: try fields.decodeIfPresent(Int.self, forKey: .timeoutSeconds),
            retention: try fields.decodeIfPresent(RetentionRules.self, forKey: .retention))
    }
}
