internal import ArgumentParser
internal import Client
internal import Model
internal import Settings
internal import Wire

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The settings.", discussion: "Example: holdfast config check",
        subcommands: [Check.self, Show.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read the settings files and tell every problem; exit status 78 when there is one.",
            discussion: "Example: holdfast config check /etc/holdfast/holdfast.toml")

        @Argument(help: "The main settings file; conf.d beside it is read too.")
        var file: String?

        @OptionGroup var common: CommonOptions

        /// What `--json` prints.
        struct Outcome: Codable, Sendable {
            let file: String
            let problems: [Problem]
        }

        struct Problem: Codable, Sendable {
            let file: String
            let line: Int?
            let key: String?
            let message: String
            let hint: String?
        }

        func run() async throws {
            let path = try file.map(Paths.absolute) ?? Surroundings.current.settingsPath
            let problems = Surroundings.current.problems(of: SettingsFiles.check(path))
            let outcome = Outcome(
                file: path,
                problems: problems.map {
                    Problem(file: $0.file, line: $0.line, key: $0.key, message: $0.message, hint: $0.hint)
                })
            try common.terminal.show(outcome) {
                guard !problems.isEmpty else { return "\(path): good" }
                return problems.map { "\($0)" + ($0.hint.map { "\n  hint: \($0)" } ?? "") }.joined(separator: "\n")
            }
            if !problems.isEmpty { throw Ending(status: Code.badSettings.exitStatus) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The settings in force, and where each came from.",
            discussion: "Example: holdfast config show --effective")

        @Flag(help: "Also defaults.")
        var effective = false

        @Option(help: ArgumentHelp("Read this file instead of asking the daemon.", valueName: "file"))
        var config: String?

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let all = try await settings()
            let shown = effective ? all : all.filter { $0.source != "default" }
            try common.terminal.show(list: shown) { settings in
                var table = Table("SETTING", "VALUE", "FROM")
                for setting in settings { table.add(setting.key, setting.value, setting.source) }
                return table
            }
        }

        private func settings() async throws -> [EffectiveSetting] {
            guard config == nil else { return try read(try config.map(Paths.absolute) ?? "") }
            do {
                return try await common.client.effectiveSettings()
            } catch let fault as Fault where fault.code == .daemonUnreachable && common.socket == nil {
                common.terminal.note("no daemon runs; this is what the settings file says")
                return try read(Surroundings.current.settingsPath)
            }
        }

        private func read(_ path: String) throws -> [EffectiveSetting] {
            try SettingsFiles.load(path).listing.map {
                EffectiveSetting(key: $0.key, value: $0.value, source: $0.source)
            }
        }
    }
}
