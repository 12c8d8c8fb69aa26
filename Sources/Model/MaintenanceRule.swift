/// Which of a server's two windows.
package enum MaintenanceKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Announced, then carried out whoever is connected.
    case weekly
    /// Waits for a quiet moment, and is skipped when none comes.
    case daily
}

/// When one of a server's windows comes and what it does.
package struct MaintenanceRule: Sendable, Hashable, Codable {
    package var kind: MaintenanceKind
    package var enabled: Bool
    /// A systemd calendar expression: `Sun 02:00`.
    package var when: String
    /// IANA name; nil is the daemon's zone.
    package var timeZone: String?
    /// Elapsed time from the planned start to the hard end, however late the window begins.
    package var lengthSeconds: Int
    /// How long after the planned start it may still begin; nil: half the length.
    package var latestStartSeconds: Int?
    /// How long before the start clients and admins are told, in any order.
    package var announceSeconds: [Int]
    /// From the message to connected clients until they are disconnected.
    package var countdownSeconds: Int
    /// How long no client may have been active before a daily window begins.
    package var quietSeconds: Int
    package var onBackupFailure: MaintenanceTask.FailurePolicy
    /// In the order in which they run.
    package var tasks: [MaintenanceTask]

    /// Sunday at two, two hours, told a day, an hour and ten minutes ahead.
    package static let weekly = MaintenanceRule(
        kind: .weekly, enabled: true, when: "Sun 02:00", timeZone: nil, lengthSeconds: 7200, latestStartSeconds: nil,
        announceSeconds: [86_400, 3600, 600], countdownSeconds: 120, quietSeconds: 0, onBackupFailure: .stop,
        tasks: [
            MaintenanceTask(.engineCheck), MaintenanceTask(.optimise), MaintenanceTask(.restoreDrill),
            MaintenanceTask(.repositoryVerify), MaintenanceTask(.prune),
        ])

    /// Each night at three for an hour, after twenty quiet minutes.
    package static let daily = MaintenanceRule(
        kind: .daily, enabled: true, when: "*-*-* 03:00", timeZone: nil, lengthSeconds: 3600, latestStartSeconds: nil,
        announceSeconds: [], countdownSeconds: 120, quietSeconds: 1200, onBackupFailure: .stop,
        tasks: [
            MaintenanceTask(.engineCheck, deadlineSeconds: 1200), MaintenanceTask(.optimise, deadlineSeconds: 1200),
        ])

    package static func standard(_ kind: MaintenanceKind) -> MaintenanceRule {
        switch kind {
        case .weekly: .weekly
        case .daily: .daily
        }
    }
}

extension MaintenanceRule {
    package var length: Duration { .seconds(lengthSeconds) }
    package var latestStart: Duration { .seconds(latestStartSeconds ?? lengthSeconds / 2) }
    package var countdown: Duration { .seconds(countdownSeconds) }
    package var quietTime: Duration { .seconds(quietSeconds) }

    /// What closing and disconnecting may take each.
    package var handling: Duration { .seconds(min(120, lengthSeconds / 15)) }
    /// Kept free before the hard end for the final check and for reopening.
    package var reserve: Duration { .seconds(min(600, lengthSeconds / 6)) }
    /// What one attempt to reopen may take.
    package var reopening: Duration { .seconds(min(60, lengthSeconds / 15)) }
    /// What the final check may take.
    package var checking: Duration { reserve - reopening }
    /// What is taken off the length before the first task, and after the last.
    package var overhead: Duration { countdown + handling * 2 + reserve }
}

extension MaintenanceRule {
    /// Fields left out take the defaults of the kind.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self = .standard(try fields.decode(MaintenanceKind.self, forKey: .kind))
        enabled = try fields.decodeIfPresent(Bool.self, forKey: .enabled) ?? enabled
        when = try fields.decodeIfPresent(String.self, forKey: .when) ?? when
        timeZone = try fields.decodeIfPresent(String.self, forKey: .timeZone)
        lengthSeconds = try fields.decodeIfPresent(Int.self, forKey: .lengthSeconds) ?? lengthSeconds
        latestStartSeconds = try fields.decodeIfPresent(Int.self, forKey: .latestStartSeconds)
        announceSeconds = try fields.decodeIfPresent([Int].self, forKey: .announceSeconds) ?? announceSeconds
        countdownSeconds = try fields.decodeIfPresent(Int.self, forKey: .countdownSeconds) ?? countdownSeconds
        quietSeconds = try fields.decodeIfPresent(Int.self, forKey: .quietSeconds) ?? quietSeconds
        onBackupFailure =
            try fields.decodeIfPresent(MaintenanceTask.FailurePolicy.self, forKey: .onBackupFailure) ?? onBackupFailure
        tasks = try fields.decodeIfPresent([MaintenanceTask].self, forKey: .tasks) ?? tasks
    }
}

/// Both windows of a server.
package struct MaintenanceRules: Sendable, Hashable, Codable {
    package var weekly: MaintenanceRule
    package var daily: MaintenanceRule

    package init(weekly: MaintenanceRule = .weekly, daily: MaintenanceRule = .daily) {
        self.weekly = weekly
        self.daily = daily
    }

    package subscript(kind: MaintenanceKind) -> MaintenanceRule {
        switch kind {
        case .weekly: weekly
        case .daily: daily
        }
    }
}

/// One window's rule as declarations name it.
package struct DeclaredMaintenance: Sendable, Hashable, Codable {
    package var server: String
    package var rule: MaintenanceRule

    package init(server: String, rule: MaintenanceRule) {
        self.server = server
        self.rule = rule
    }
}
