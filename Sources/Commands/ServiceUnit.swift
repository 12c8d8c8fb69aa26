internal import Model
internal import Platform

/// What the service manager says of a unit.
package struct UnitState: Sendable, Equatable {
    /// As `systemctl show` names them: `LoadState`, `ActiveState`, `UnitFileState` …
    package var properties: [String: String]

    package init(properties: [String: String]) { self.properties = properties }

    /// - Parameter shown: by `systemctl show`, the lines joined by ` / `.
    package init(shown: String) {
        let pairs = shown.split(separator: " / ").map { $0.split(separator: "=", maxSplits: 1) }
        properties = Dictionary(
            pairs.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) }, uniquingKeysWith: { $1 })
    }

    subscript(name: String) -> String { properties[name] ?? "" }

    package var isInstalled: Bool { properties["LoadState"] == "loaded" }
    package var isActive: Bool { ["active", "reloading"].contains(properties["ActiveState"]) }
}

/// The daemon's unit, and whoever manages it.
package protocol ServiceUnit: Sendable {
    /// Whether a service manager runs here at all.
    var isManaged: Bool { get }
    /// Folders of which the daemon sees others than everybody else.
    var hiddenFolders: [String] { get }
    /// Nil where it can't be told.
    func state(of unit: String) async -> UnitState?
    /// Has the daemon, and what does for it what needs root's rights, started now and with the machine.
    /// - Throws: why it can't be started.
    func start() async throws
    func restart() async throws
    /// Lets the unit see and write further folders.
    func widen(_ lines: [String]) async throws
}

/// systemd, by `systemctl`.
struct SystemdUnit: ServiceUnit {
    static let unit = "holdfastd.service"
    private static let folder = "/etc/systemd/system/holdfastd.service.d"
    private static let shown = [
        "LoadState", "ActiveState", "SubState", "Result", "UnitFileState", "NeedDaemonReload", "User",
        "NoNewPrivileges", "ProtectSystem",
    ]

    /// By `PrivateTmp=`.
    let hiddenFolders = ["/tmp", "/var/tmp"]
    private static let helper = "holdfast-helper.socket"

    /// Source: sd_booted(3).
    var isManaged: Bool { Files.exists("/run/systemd/system") }

    func state(of unit: String) async -> UnitState? {
        let words = ["show", unit, "--property=\(Self.shown.joined(separator: ","))"]
        guard let result = try? await Self.systemctl(words), result.ending == .exited(0) else { return nil }
        return UnitState(shown: result.output)
    }

    func start() async throws {
        if let socket = await state(of: Self.helper), socket.isInstalled {
            try await order(["enable", "--now", Self.helper])
        }
        // After too many starts in a row systemd wouldn't try again by itself.
        if await state(of: Self.unit)?["ActiveState"] == "failed" { try await order(["reset-failed", Self.unit]) }
        try await order(["enable", "--now", Self.unit])
    }

    func restart() async throws { try await order(["restart", Self.unit]) }

    func widen(_ lines: [String]) async throws {
        try Files.makeDirectories(Self.folder, mode: 0o755)
        let text = "# By `holdfast setup`.\n" + lines.joined(separator: "\n") + "\n"
        try Files.writeDurably(Array(text.utf8), to: "\(Self.folder)/repository.conf", mode: 0o644)
        try await order(["daemon-reload"])
    }

    private func order(_ words: [String]) async throws {
        let result = try await Self.systemctl(words)
        guard result.ending != .exited(0) else { return }
        throw Fault(
            result.stop == .deadline ? .timedOut : .inputOutput,
            "`systemctl \(words.joined(separator: " "))` \(result.ending): \(result.output)",
            hint: "see `systemctl status holdfastd` and `journalctl -u holdfastd`")
    }

    private static func systemctl(_ words: [String]) async throws -> ChildProcess.Result {
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]
        return try await ChildProcess(
            "/usr/bin/systemctl", words, environment: environment, deadline: .seconds(360)
        ).run()
    }
}
