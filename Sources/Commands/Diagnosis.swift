internal import Model
internal import Platform
internal import Settings
internal import Wire

/// What a look at settings, key and status finds.
struct Diagnosis {
    enum Verdict: String, Codable, Sendable {
        case good
        case warning
        case problem
    }

    struct Finding: Codable, Sendable {
        let subject: String
        let verdict: Verdict
        let message: String
        let hint: String?
    }

    private(set) var findings: [Finding] = []

    mutating func add(_ subject: String, _ verdict: Verdict, _ message: String, hint: String? = nil) {
        findings.append(Finding(subject: subject, verdict: verdict, message: message, hint: hint))
    }

    /// The settings, when they are good.
    mutating func examine(settingsAt path: String) -> DaemonSettings? {
        let verdict = SettingsFiles.check(path)
        let problems = Surroundings.current.problems(of: verdict)
        for problem in problems { add("settings", .problem, "\(problem)", hint: problem.hint) }
        if let settings = verdict.settings {
            if problems.isEmpty { add("settings", .good, "\(path) is good") }
            if settings.servers.isEmpty {
                add(
                    "settings", .problem, "no server is configured", hint: "add a table [servers.NAME] with its folders"
                )
            }
        }
        return verdict.settings
    }

    mutating func examine(keyOf settings: DaemonSettings) {
        guard case .file(let path) = settings.repository.key else { return }
        do {
            guard let status = try Files.status(path) else {
                return add(
                    "key", .problem, "key file \(path) does not exist",
                    hint: "bring it back, or make a repository with `holdfast repository init`")
            }
            if status.mode & 0o077 != 0 {
                add("key", .problem, "key file \(path) may be read by others", hint: "run `chmod 600 \(path)`")
            } else {
                add("key", .good, "key file \(path) is closed to others")
            }
        } catch {
            add("key", .warning, Fault.wrapping(error).message, hint: "run this as root to see it")
        }
    }

    /// - Parameter servers: those of the settings, where they could be read.
    mutating func examine(_ status: Status, now: Instant, servers: [String]?) {
        add("daemon", .good, status.sentence)
        for problem in status.problems { add("daemon", .problem, problem.message, hint: problem.hint) }
        for database in status.databases where database.state != .deleted {
            examine(database, isConfigured: servers?.contains(database.server) ?? true)
        }
        examine(status.repository)
        examineClock(status, now: now)
    }

    private mutating func examine(_ database: Database, isConfigured: Bool) {
        let name = database.name.text
        if let fault = database.fault {
            add(name, .problem, fault.message, hint: fault.hint)
        } else if database.state != .present {
            add(name, .problem, "is \(database.state.rawValue)", hint: Self.hint(for: database, isConfigured))
        }
        if database.overdue {
            add(name, .problem, "its backup is overdue", hint: "see `holdfast messages --database \(name)`")
        } else if database.lastBackup == nil {
            add(name, .warning, "has no backup yet", hint: "run `holdfast backup \(name)`")
        } else if database.lastProven == nil {
            add(
                name, .warning, "no backup was ever proven restorable",
                hint: "run `holdfast verify \(name) --level restore`")
        }
    }

    private static func hint(for database: Database, _ isConfigured: Bool) -> String {
        guard isConfigured else {
            return "server \(database.server) is not in the settings: add it again, or see `holdfast messages --code "
                + "server-unreachable` for what stays of it"
        }
        return database.engine == "sqlite"
            ? "see that its folder is mounted and readable" : "see above why server \(database.server) does not answer"
    }

    private mutating func examine(_ space: RepositorySpace?) {
        guard let space else {
            return add("repository", .problem, "the daemon has no repository open", hint: "see `holdfast messages`")
        }
        let floor = max(Int64(1) << 30, space.total.bytes / 20)
        if space.free.bytes < floor {
            add("repository", .problem, "only \(space.free) are free at \(space.path)", hint: "make room, or move it")
        } else {
            add("repository", .good, "\(space.free) are free at \(space.path)")
        }
        if let first = space.sameDiskAsSource.first {
            add(
                "repository", .warning, "lies on the same disk as \(first)",
                hint: "put it on another disk or another machine")
        }
    }

    private mutating func examineClock(_ status: Status, now: Instant) {
        let newest = status.databases.compactMap(\.lastBackup).max()
        if let newest, newest > now + .seconds(300) {
            add("clock", .problem, "the newest backup is from the future", hint: "set the clock; see `timedatectl`")
        } else if CivilTime(now).year < 2025 {
            add("clock", .problem, "the clock says \(CivilTime(now).year)", hint: "set the clock; see `timedatectl`")
        } else {
            add("clock", .good, "the clock is plausible")
        }
    }
}
