/// What one setting may be, what it is by default, and what it means.
struct SettingRule: Sendable {
    enum Kind: Sendable {
        case text
        /// An absolute path.
        case path
        /// The same, or nothing.
        case pathOrNone
        case paths
        case texts
        case number(ClosedRange<Int>)
        case duration(ClosedRange<Int64>, canBeOff: Bool)
        case bytes
        /// Of one core; 0 is unlimited.
        case percent
        /// `22:00-06:00`, or "off".
        case hours
        case choice([String])
        /// A calendar expression, or "off".
        case recurrence
        case timeZone
    }

    /// When a changed value counts.
    enum Effect: String, Sendable {
        case reload
        /// A reload that changes it is refused.
        case restart
    }

    /// Steps joined by `.`; `*` is the name of a server.
    let key: String
    let kind: Kind
    /// As written in TOML; nil for a setting that is absent by default.
    let fallback: String?
    /// For the reference: one sentence for each line.
    let note: String
    let effect: Effect

    init(_ key: String, _ kind: Kind, _ fallback: String?, _ note: String, effect: Effect = .reload) {
        self.key = key
        self.kind = kind
        self.fallback = fallback
        self.note = note
        self.effect = effect
    }

    var steps: [Substring] { key.split(separator: ".") }

    func covers(_ path: [String]) -> Bool {
        steps.count == path.count && zip(steps, path).allSatisfy { $0 == "*" || $0 == $1 }
    }

    /// The one table of settings, in the order of the reference.
    static let all: [SettingRule] = [
        SettingRule(
            "time_zone", .timeZone, nil,
            "The zone of times of day, such as \"Europe/Berlin\". Default: the system's.", effect: .restart),
        SettingRule(
            "socket", .path, #""/run/holdfast/holdfast.sock""#, "Where `holdfast` reaches the daemon.",
            effect: .restart),
        SettingRule(
            "state_directory", .path, #""/var/lib/holdfast""#,
            "The catalog: run history, messages, what admins changed.", effect: .restart),
        SettingRule(
            "log_directory", .path, #""/var/log/holdfast""#, "The message center as text: messages.log.",
            effect: .restart),
        SettingRule(
            "restore_roots", .paths, "[]",
            "Folders under which users other than root may restore; root may name any path."),
        SettingRule("repository.path", .path, #""/var/lib/holdfast/repository""#, "The folder of the repository."),
        SettingRule(
            "repository.key_file", .path, #""/etc/holdfast/repository.key""#,
            "The key that opens the repository; a file that only the daemon's user may read."),
        SettingRule(
            "repository.credential", .text, nil,
            "Instead of key_file: the name of a systemd credential (LoadCredential=)."),
        SettingRule(
            "repository.compression", .choice(["fast", "small", "off"]), #""fast""#,
            "fast, small or off; all are read back by the same readers."),
        SettingRule("backup.parallel", .number(1...64), "2", "Backups at work at once, 1 to 64."),
        SettingRule(
            "backup.on_demand_cooldown", .duration(0...604_800, canBeOff: false), #""10m""#,
            "The pause after an on-demand backup before the same database may have another, 0s to 7d."),
        SettingRule(
            "backup.read_limit", .bytes, #""0""#,
            "Bytes a second that a backup reads from its source, such as \"50M\"; 0 is unlimited."),
        SettingRule(
            "backup.cpu_limit", .percent, #""0%""#,
            "Percent of one core that a backup takes, such as \"50%\"; 0% is unlimited; unset, a postgres server gets 12% a core."
        ),
        SettingRule(
            "backup.night", .hours, #""off""#,
            "Hours in which the next two hold instead, such as \"22:00-06:00\"; \"off\" is day all the time."),
        SettingRule("backup.night_read_limit", .bytes, #""0""#, "The read_limit by night."),
        SettingRule("backup.night_cpu_limit", .percent, #""0%""#, "The cpu_limit by night."),
        SettingRule(
            "retention.keep_days", .number(1...36_500), "30", "Days that backups are kept, 1 to max_keep_days."),
        SettingRule("retention.max_keep_days", .number(1...36_500), "30", "The limit of keep_days."),
        SettingRule(
            "retention.deleted_days", .number(1...15), "7",
            "Days that the backups of a deleted database are kept, 1 to 15."),
        SettingRule("retention.keep_last", .number(0...10_000), "0", "The newest so many backups are kept at any age."),
        SettingRule(
            "retention.hourly", .number(0...10_000), "0", "The newest backup of each of the last so many hours is kept."
        ),
        SettingRule("retention.daily", .number(0...10_000), "0", "The same of days."),
        SettingRule("retention.weekly", .number(0...10_000), "0", "The same of weeks."),
        SettingRule("retention.monthly", .number(0...1200), "0", "The same of months."),
        SettingRule("retention.yearly", .number(0...100), "0", "The same of years."),
        SettingRule(
            "retention.thin", .choice(["yes", "no"]), #""yes""#,
            "Progressive backups thin out: all for 24 hours, hourly for 7 days, daily for 30."),
        SettingRule(
            "retention.log_days", .number(0...30), "7",
            "Days in which a server with a log can be restored to any point in time, 0 to 30; 0 keeps no log."),
        SettingRule(
            "retention.undelete", .duration(0...2_592_000, canBeOff: false), #""1d""#,
            "How long a deleted backup can be brought back, 0s to 30d."),
        SettingRule(
            "retention.largest_share", .number(1...100), "50",
            "Percent of a database's backups that one prune may delete without `--confirm`."),
        SettingRule(
            "messages.keep_days", .number(1...3650), "90",
            "Days that messages are kept, 1 to 3650; unacknowledged errors twice as long."),
        SettingRule(
            "messages.keep_count", .number(1000...10_000_000), "1000000",
            "Messages that are kept at most, 1000 to 10000000; of unacknowledged errors the newest twice as many."),
        SettingRule(
            "full.at", .recurrence, #""*-*-* 23:00""#, "When each server gets its daily full, or \"off\"."),
        SettingRule(
            "progressive.every", .duration(1...5940, canBeOff: true), #""5m""#,
            "How often each server gets a progressive backup, 1s to 99m, or \"off\"; postgres servers hourly at most."),
        SettingRule(
            "drill.at", .recurrence, #""Sun 03:30""#,
            "When the newest backup of every database is restored to prove it, or \"off\"."),
        SettingRule(
            "prune.at", .recurrence, #""*-*-* *:20""#, "When what retention has released is deleted, or \"off\"."),
        SettingRule(
            "maintenance.systemctl", .path, #""/usr/bin/systemctl""#,
            "The program by which maintenance windows stop and start units; root's only."),
        SettingRule(
            "maintenance.systemd_run", .path, #""/usr/bin/systemd-run""#,
            "The program by which the root helper runs other programs in units of their own; root's only."),
        SettingRule(
            "maintenance.helper", .pathOrNone, #""/run/holdfast-helper.sock""#,
            "Where the daemon asks the root helper for what it may not do itself; \"\" does without."),
        SettingRule(
            "commands.user", .text, nil,
            "Whom the commands of schedules run as, where there is a root helper; unset, a user that is made for each."),
        SettingRule(
            "servers.*.engine", .choice(["sqlite", "postgres"]), #""sqlite""#,
            "What kind of databases the server holds."),
        SettingRule(
            "servers.*.folders", .paths, "[]", "Folders that are searched for databases, with their sub-folders."),
        SettingRule(
            "servers.*.include", .texts, "[]",
            "Shell patterns on paths below the folder, such as \"*.db\"; empty includes every database."),
        SettingRule("servers.*.exclude", .texts, "[]", "Shell patterns of what to leave out; wins over include."),
        SettingRule("servers.*.full_at", .recurrence, nil, "This server's own full.at."),
        SettingRule(
            "servers.*.progressive_every", .duration(1...5940, canBeOff: true), nil,
            "This server's own progressive.every."),
        SettingRule("servers.*.read_limit", .bytes, nil, "This server's own backup.read_limit."),
        SettingRule("servers.*.cpu_limit", .percent, nil, "This server's own backup.cpu_limit."),
        SettingRule("servers.*.night_read_limit", .bytes, nil, "This server's own backup.night_read_limit."),
        SettingRule("servers.*.night_cpu_limit", .percent, nil, "This server's own backup.night_cpu_limit."),
        SettingRule(
            "servers.*.drill_queries", .paths, "[]",
            "Files of queries that a restore drill asks the restored copy, with what it must answer; only root may write them."
        ),
        SettingRule(
            "servers.*.follow_log", .choice(["yes", "no"]), #""yes""#,
            "Of a postgres server: whether its write-ahead log is received as it is written."),
        SettingRule(
            "servers.*.slot_limit", .bytes, nil,
            "Of a postgres server without max_slot_wal_keep_size: what it is set to, such as \"10G\"; else no log is received."
        ),
        SettingRule(
            "servers.*.units", .texts, "[]",
            "Systemd units that use the server's databases, such as \"crm.service\": maintenance windows stop them meanwhile."
        ),
        SettingRule(
            "servers.*.update_command", .texts, "[]",
            "The program and its arguments by which windows with the task system-updates update the system; root's only."
        ),
        SettingRule(
            "servers.*.certificate_command", .texts, "[]",
            "The same of the task certificate-renewal: renews and deploys certificates."),
        SettingRule(
            "servers.*.connection", .text, nil,
            "Of a postgres server, which has no folders: how it is reached, by libpq's keywords and without a password."
        ),
    ]
}
