import Commands
import Foundation
import Glibc
import Model
import Operations
import Synchronization
import Wire

/// A machine of a test's own as it is once the package is installed: settings without servers, no repository, no daemon.
///
/// The commands run in this process; the daemon is the real one, started in place of systemd.
final class SetupFixture: Sendable {
    let folder: PrivateFolder
    let unit: PrivateUnit
    let searched: String
    private let socketFolders: [String]
    private let printed = Mutex("")
    private let complained = Mutex("")

    /// - Parameters:
    ///   - isManaged: whether a service manager runs.
    ///   - hiddenFolders: of which its daemon would see others.
    init(socketFolders: [String] = [], isManaged: Bool = true, hiddenFolders: [String] = []) throws {
        folder = try PrivateFolder()
        searched = try folder.makeFolder("srv")
        _ = try folder.makeFolder("etc")
        unit = PrivateUnit(folder, isManaged: isManaged, hiddenFolders: hiddenFolders)
        self.socketFolders = socketFolders
        let path = folder.path
        try """
        socket = "\(path)/s"
        state_directory = "\(path)/state"
        log_directory = "\(path)/log"
        [repository]
        path = "\(path)/state/repository"
        key_file = "\(path)/etc/repository.key"
        [backup]
        on_demand_cooldown = "0s"
        [full]
        at = "off"
        [progressive]
        every = "off"
        [drill]
        at = "off"
        [prune]
        at = "off"

        """.write(toFile: settings, atomically: true, encoding: .utf8)
    }

    var settings: String { "\(folder.path)/etc/holdfast.toml" }
    var servers: String { "\(folder.path)/etc/conf.d/servers.toml" }
    var repository: String { "\(folder.path)/state/repository" }
    var keyFile: String { "\(folder.path)/etc/repository.key" }
    var output: String { printed.withLock { $0 } }
    var errors: String { complained.withLock { $0 } }

    /// A ledger at rest below what is searched.
    @discardableResult
    func ledger(_ name: String, _ journal: Ledger.Journal = .wal) async throws -> Ledger {
        let path = "\(searched)/\(name)"
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        return try await Ledger(path, in: folder).create(journal, size: 1 << 16)
    }

    /// - Parameter answer: what is typed at a prompt, given all that was shown; nil stands for no terminal.
    func run(
        _ arguments: String..., isRoot: Bool = true, answer: (@Sendable (_ shown: String) -> String?)? = nil
    ) async -> Int32 {
        printed.withLock { $0 = "" }
        complained.withLock { $0 = "" }
        let site = SetupSite(
            isRoot: isRoot, searched: [searched], socketFolders: socketFolders, account: "root", keyFile: keyFile,
            survey: LocalSurvey(), service: unit)
        let surroundings = Surroundings(
            output: { text in self.printed.withLock { $0 += text } },
            errors: { text in self.complained.withLock { $0 += text } }, errorsAreTerminal: false,
            inputIsTerminal: answer != nil, readLine: { answer?(self.output + self.errors) },
            repositories: LocalRepositories(), settingsPath: settings,
            connectionFault: Configuration.connectionFault, site: site)
        return await HoldfastCommand.run(arguments, in: surroundings)
    }

    /// Answers as somebody who wrote the recovery key down and agrees to everything.
    static let careful: @Sendable (String) -> String? = { shown in
        guard let number = shown.matches(of: /word (\d+): $/).last.flatMap({ Int($0.output.1) }) else { return "" }
        let words = recoveryWords(shown)
        return words.indices.contains(number - 1) ? words[number - 1] : nil
    }

    /// The words that were printed, in order.
    static func recoveryWords(_ shown: String) -> [String] {
        guard let start = shown.firstRange(of: "recovery key of repository") else { return [] }
        return shown[start.upperBound...].split(separator: "\n").dropFirst().prefix { $0.hasPrefix("    ") }
            .flatMap { $0.split(separator: " ").map(String.init) }
    }

    /// Runs the real `holdfast` against the daemon.
    func holdfast(_ arguments: String...) async throws -> Output {
        try await folder.run(Programs.command, arguments + ["--socket", "\(folder.path)/s"], within: .seconds(120))
    }
}

/// A daemon that a test's setup starts, in place of systemd.
final class PrivateUnit: ServiceUnit {
    let isManaged: Bool
    let hiddenFolders: [String]
    private let folder: PrivateFolder
    private let child = Mutex<Child?>(nil)

    init(_ folder: PrivateFolder, isManaged: Bool, hiddenFolders: [String]) {
        self.hiddenFolders = hiddenFolders
        self.folder = folder
        self.isManaged = isManaged
    }

    deinit { child.withLock { $0?.killGroup() } }

    var errors: String { child.withLock { $0?.errors ?? "" } }

    private let shown = Mutex<UnitState?>(nil)

    /// What the service manager says from now on.
    func set(_ state: UnitState) { shown.withLock { $0 = state } }
    func state(of unit: String) async -> UnitState? { shown.withLock { $0 } }

    func start() async throws { try start(environment: [:]) }

    private func start(environment: [String: String]) throws {
        let words = ["--config", "\(folder.path)/etc/holdfast.toml"]
        let new = try Child(Programs.daemon, words, environment: environment, output: folder.fresh("holdfastd"))
        child.withLock { $0 = new }
    }

    func restart() async throws { try await restart(environment: [:]) }

    func restart(environment: [String: String]) async throws {
        child.withLock { $0?.killGroup() }
        try start(environment: environment)
    }

    /// As the drop-ins of a test's say it; nil where there are none.
    func file(of unit: String) async -> UnitFile? {
        (try? String(contentsOfFile: "\(folder.path)/unit-file", encoding: .utf8)).map { UnitFile(text: $0) }
    }

    func widen(_ lines: [String]) async throws -> Bool {
        let (path, text) = ("\(folder.path)/unit", lines.joined(separator: "\n"))
        if (try? String(contentsOfFile: path, encoding: .utf8)) == text { return false }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return true
    }
}
