internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Diagnosis {
    /// The settings, when they are good.
    mutating func examine(settingsAt path: String, in surroundings: Surroundings) -> DaemonSettings? {
        let verdict = SettingsFiles.check(path)
        let problems = surroundings.problems(of: verdict)
        for problem in problems { add("settings", .problem, "\(problem)", hint: problem.hint) }
        examineRights(to: path)
        if let settings = verdict.settings {
            if problems.isEmpty { add("settings", .good, "\(path) is good") }
            if settings.servers.isEmpty {
                add(
                    "settings", .problem, "no server is configured",
                    hint: "run `sudo holdfast setup`, or add a table [servers.NAME] with its folders")
            }
        }
        return verdict.settings
    }

    /// Who can change the settings decides what root's programs the daemon asks for.
    private mutating func examineRights(to path: String) {
        let folder = "\(Files.parent(of: path))/conf.d"
        let more = ((try? Files.list(folder)) ?? []).filter { $0.ends(with: ".toml") }.sorted().map {
            "\(folder)/\($0)"
        }
        for file in [path] + more {
            guard let status = try? Files.status(file) else { continue }
            if status.mode & 0o022 != 0 {
                add(
                    "settings", .problem, "\(file) can be changed by others than its owner",
                    hint: "run `chmod go-w \(file.shellWord)`")
            } else if status.uid != 0, path == SettingsFiles.standardPath {
                let owner = Users.name(uid: status.uid)
                add(
                    "settings", .problem, "\(file) belongs to \(owner.isEmpty ? "user \(status.uid)" : owner)",
                    hint: "run `chown root:holdfast \(file.shellWord)`")
            }
        }
    }
}
