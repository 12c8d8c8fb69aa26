internal import Model
internal import Platform
internal import Policies

/// Makes settings of checked values and defaults, and checks what concerns several of them.
struct SettingsBuilder {
    private var check: SettingsCheck
    /// The main file, named for problems that no line shows.
    private let file: String

    init(_ check: SettingsCheck, file: String) {
        self.check = check
        self.file = file
    }

    /// Also the problems that show only now; settings only when there is none at all.
    mutating func build() -> SettingsVerdict {
        let settings = DaemonSettings(
            timeZone: text("time_zone"), socket: path("socket"), stateDirectory: path("state_directory"),
            logDirectory: path("log_directory"), restoreRoots: texts("restore_roots"),
            repository: RepositorySettings(
                path: path("repository.path"), key: key(),
                compression: text("repository.compression").flatMap(Compression.init(rawValue:)) ?? .fast),
            backup: BackupSettings(
                parallel: number("backup.parallel"), onDemandCooldown: duration("backup.on_demand_cooldown") ?? .zero,
                load: load(ofServer: nil)),
            retention: retention(),
            messages: MessageSettings(
                keep: .seconds(86_400 * number("messages.keep_days")), keepCount: number("messages.keep_count")),
            full: recurrence("full.at"), progressive: duration("progressive.every"), drillAt: recurrence("drill.at"),
            pruneAt: recurrence("prune.at"), systemctl: path("maintenance.systemctl"),
            systemdRun: path("maintenance.systemd_run"),
            helper: text("maintenance.helper").flatMap { $0.isEmpty ? nil : $0 }, commandUser: text("commands.user"),
            servers: check.serverNames.map(server), listing: listing())
        compare(settings)
        return check.problems.isEmpty
            ? SettingsVerdict(settings: settings, problems: [])
            : SettingsVerdict(settings: nil, problems: check.problems)
    }

    private func server(_ name: String) -> ServerSettings {
        let prefix = "servers.\(name)."
        let own = (full: check.chosen(prefix + "full_at"), progressive: check.chosen(prefix + "progressive_every"))
        return ServerSettings(
            name: name, engine: text(prefix + "engine") ?? "", folders: texts(prefix + "folders"),
            include: texts(prefix + "include"), exclude: texts(prefix + "exclude"),
            connection: text(prefix + "connection"),
            full: recurrence(own.full == nil ? "full.at" : prefix + "full_at"),
            progressive: own.progressive == nil
                ? commonProgressive(of: text(prefix + "engine")) : duration(prefix + "progressive_every"),
            followsLog: text(prefix + "engine") == "postgres" && text(prefix + "follow_log") != "no"
                && number("retention.log_days") > 0,
            slotLimit: bytes(prefix + "slot_limit"), load: load(ofServer: name),
            drillQueries: texts(prefix + "drill_queries"), units: texts(prefix + "units"),
            updateCommand: texts(prefix + "update_command"), certificateCommand: texts(prefix + "certificate_command"))
    }

    /// What the processor limit of a cluster is where nothing is set: an eighth of the machine, which leaves most of it to
    /// the queries that a cluster is there to answer.
    private static var clusterProcessorLimit: Int { 12 * max(2, Threads.cores) }

    /// Each limit by itself is the server's own, or that of all.
    private func load(ofServer server: String?) -> LoadPlan {
        func key(_ name: String) -> String {
            let own = server.map { "servers.\($0).\(name)" } ?? ""
            return check.chosen(own) == nil ? "backup.\(name)" : own
        }
        return LoadPlan(
            day: LoadLimits(
                read: bytes(key("read_limit")),
                processor: isClusterLimit(ofServer: server)
                    ? Self.clusterProcessorLimit : percent(key("cpu_limit"))),
            night: LoadLimits(read: bytes(key("night_read_limit")), processor: percent(key("night_cpu_limit"))),
            hours: hours("backup.night"))
    }

    /// Whether nothing is set for a cluster.
    private func isClusterLimit(ofServer server: String?) -> Bool {
        guard let server, text("servers.\(server).engine") == "postgres" else { return false }
        return check.chosen("servers.\(server).cpu_limit") == nil && check.chosen("backup.cpu_limit") == nil
    }

    /// Every backup of a cluster compares all its files, and asks the server for a checkpoint: hourly, unless its own setting
    /// says something else.
    private func commonProgressive(of engine: String?) -> Duration? {
        let common = duration("progressive.every")
        return engine == "postgres" ? common.map { max($0, .seconds(3600)) } : common
    }

    private func retention() -> RetentionSettings {
        func count(_ key: String) -> Int? { number("retention.\(key)") > 0 ? number("retention.\(key)") : nil }
        let rules = RetentionRules(
            keepDays: number("retention.keep_days"), deletedDays: number("retention.deleted_days"),
            keepLast: count("keep_last"), hourly: count("hourly"), daily: count("daily"), weekly: count("weekly"),
            monthly: count("monthly"), yearly: count("yearly"), thin: text("retention.thin") != "no")
        return RetentionSettings(
            rules: rules, maxKeepDays: number("retention.max_keep_days"),
            logDays: number("retention.log_days"),
            undelete: duration("retention.undelete") ?? .seconds(86_400),
            largestShare: number("retention.largest_share"))
    }

    private func key() -> RepositorySettings.Key {
        text("repository.credential").map { .credential($0) } ?? .file(path("repository.key_file"))
    }

    private mutating func compare(_ settings: DaemonSettings) {
        if settings.retention.keepDays > settings.retention.maxKeepDays {
            complain(
                of: "retention.keep_days", "is above retention.max_keep_days (\(settings.retention.maxKeepDays))",
                hint: "raise retention.max_keep_days to keep backups longer")
        }
        if check.chosen("repository.credential") != nil, check.chosen("repository.key_file") != nil {
            complain(
                of: "repository.credential", "stands beside repository.key_file", hint: "keep one of the two")
        }
        if settings.commandUser == "root" {
            complain(
                of: "commands.user", "is root, whose rights commands of schedules may not have",
                hint: "name a user of their own, or leave it out")
        }
        if settings.socket.utf8.count > 100 {
            complain(of: "socket", "is longer than 100 bytes", hint: "the kernel limits the paths of sockets")
        }
        for server in settings.servers { compare(server, settings) }
        compareClusters(settings.servers)
    }

    /// Two servers that are one cluster would close and open the same databases in their windows.
    private mutating func compareClusters(_ servers: [ServerSettings]) {
        var known: [ClusterPlace: String] = [:]
        for server in servers where server.engine == "postgres" {
            guard let place = server.connection.flatMap(ClusterPlace.init) else { continue }
            if let other = known[place] {
                complain(
                    of: "servers.\(server.name).connection", "leads to the same cluster as that of server \(other)",
                    hint: "keep one of the two; all databases of a cluster are backed up as one")
            }
            known[place] = known[place] ?? server.name
        }
    }

    private mutating func compare(_ server: ServerSettings, _ settings: DaemonSettings) {
        for (key, words) in [
            ("update_command", server.updateCommand), ("certificate_command", server.certificateCommand),
        ] where words.first?.begins(with: "/") == false {
            complain(
                of: "servers.\(server.name).\(key)", "does not begin with the absolute path of a program",
                hint: "write for example [\"/usr/local/sbin/update\"]; no shell sees it")
        }
        if server.engine == "postgres" { return compareCluster(server) }
        if server.connection != nil {
            complain(
                of: "servers.\(server.name).connection", "is for servers that are connected to",
                hint: "remove it, or add engine = \"postgres\"")
        }
        if server.folders.isEmpty {
            let place = check.place(ofServer: server.name)
            check.add(
                SettingsProblem(
                    file: place.file, line: place.line, key: "servers.\(server.name).folders",
                    message: "names no folder",
                    hint: "add for example folders = [\"/srv/\(server.name)\"]"))
        }
        for folder in server.folders where isWithin(settings.repository.path, folder) {
            complain(
                of: "servers.\(server.name).folders", "holds the repository (\(folder))",
                hint: "put the repository somewhere else, best on another disk")
        }
    }

    private mutating func compareCluster(_ server: ServerSettings) {
        for (key, isSet) in [
            ("folders", !server.folders.isEmpty), ("include", !server.include.isEmpty),
            ("exclude", !server.exclude.isEmpty), ("drill_queries", !server.drillQueries.isEmpty),
            ("units", !server.units.isEmpty),
        ] where isSet {
            complain(
                of: "servers.\(server.name).\(key)", "is not for a postgres server, whose whole cluster is backed up",
                hint: "remove it")
        }
        guard server.connection == nil else { return }
        let place = check.place(ofServer: server.name)
        check.add(
            SettingsProblem(
                file: place.file, line: place.line, key: "servers.\(server.name).connection",
                message: "is missing", hint: "add for example connection = \"host=/var/run/postgresql user=holdfast\""))
    }

    private func isWithin(_ path: String, _ folder: String) -> Bool {
        path.isSame(as: folder) || path.begins(with: folder == "/" ? "/" : "\(folder)/")
    }

    private mutating func complain(of key: String, _ message: String, hint: String) {
        let source = check.chosen(key)?.source ?? file
        check.add(SettingsProblem(file: source, line: nil, key: key, message: message, hint: hint))
    }

    /// Every rule in order; those of servers once for each server.
    private func listing() -> [SettingSource] {
        let common = SettingRule.all.filter { !$0.key.contains("*") }.map { source(of: $0.key, $0) }
        let ofServers = check.serverNames.flatMap { name in
            SettingRule.all.filter { $0.key.contains("*") }
                .map { rule in
                    let key = rule.key.replacing("*", with: name)
                    guard rule.key == "servers.*.cpu_limit", isClusterLimit(ofServer: name) else {
                        return source(of: key, rule)
                    }
                    let limit = SettingValue.percent(Self.clusterProcessorLimit)
                    return SettingSource(key: key, value: limit.toml, source: "default")
                }
        }
        return common + ofServers
    }

    private func source(of key: String, _ rule: SettingRule) -> SettingSource {
        if let chosen = check.chosen(key) {
            return SettingSource(key: key, value: chosen.value.toml, source: chosen.source)
        }
        return SettingSource(key: key, value: rule.fallback ?? "", source: "default")
    }

    private func value(_ key: String) -> SettingValue? {
        if let chosen = check.chosen(key) { return chosen.value }
        guard let rule = SettingRule.all.first(where: { $0.covers(key.split(separator: ".").map(String.init)) }),
            let fallback = rule.fallback
        else { return nil }
        return rule.defaultValue(fallback)
    }

    private func text(_ key: String) -> String? {
        guard case .text(let text) = value(key) else { return nil }
        return text
    }

    private func path(_ key: String) -> String { text(key) ?? "" }

    private func texts(_ key: String) -> [String] {
        guard case .texts(let texts) = value(key) else { return [] }
        return texts
    }

    private func number(_ key: String) -> Int {
        guard case .number(let number) = value(key) else { return 0 }
        return number
    }

    private func duration(_ key: String) -> Duration? {
        guard case .duration(let duration) = value(key) else { return nil }
        return duration
    }

    private func recurrence(_ key: String) -> String? {
        guard case .recurrence(let text) = value(key) else { return nil }
        return text
    }

    private func percent(_ key: String) -> Int? {
        guard case .percent(let percent) = value(key), percent > 0 else { return nil }
        return percent
    }

    private func hours(_ key: String) -> NightSpan? {
        guard case .hours(let hours) = value(key) else { return nil }
        return hours
    }

    private func bytes(_ key: String) -> ByteCount? {
        guard case .bytes(let bytes) = value(key), bytes > .zero else { return nil }
        return bytes
    }
}

extension SettingRule {
    /// The default as a value; nil only for a table of settings that its own test would refuse.
    func defaultValue(_ fallback: String) -> SettingValue? {
        let raw: RawValue =
            if fallback == "[]" { .texts([]) } else if let number = Int(fallback) { .number(number) } else {
                .text(String(fallback.dropFirst().dropLast()))
            }
        return try? kind.check(raw).get()
    }
}
