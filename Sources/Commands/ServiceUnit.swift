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
    /// What the unit's file says; nil where it can't be told.
    func file(of unit: String) async -> UnitFile?
    /// Lets the unit see and write further folders, once it is restarted.
    /// - Returns: whether anything changed by it.
    func widen(_ lines: [String]) async throws -> Bool
}

/// systemd, by `systemctl`.
struct SystemdUnit: ServiceUnit {
    static let unit = "holdfastd.service"
    private static let folder = "/etc/systemd/system/holdfastd.service.d"
    private static let shown = [
        "LoadState", "ActiveState", "SubState", "Result", "UnitFileState", "NeedDaemonReload", "User",
        "NoNewPrivileges", "ProtectSystem", "ExecMainStatus",
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
        let state = await state(of: Self.unit)
        if state?["NeedDaemonReload"] == "yes" { try await order(["daemon-reload"]) }
        if state?["ActiveState"] == "failed" { try await order(["reset-failed", Self.unit]) }
        try await order(["enable", "--now", Self.unit])
    }

    func restart() async throws {
        try await order(["daemon-reload"])
        try await order(["restart", Self.unit])
    }

    func file(of unit: String) async -> UnitFile? {
        guard let output = try? File.scratch(in: "/tmp"),
            let result = try? await Self.systemctl(["cat", unit], output: output), result.ending == .exited(0),
            let text = try? output.read(count: 1 << 20, at: 0)
        else { return nil }
        return UnitFile(text: String(decoding: text, as: UTF8.self))
    }

    func widen(_ lines: [String]) async throws -> Bool {
        guard try UnitDropIn(in: Self.folder).write(lines) else { return false }
        try await order(["daemon-reload"])
        return true
    }

    private func order(_ words: [String]) async throws {
        let result = try await Self.systemctl(words)
        guard result.ending != .exited(0) else { return }
        throw Fault(
            result.stop == .deadline ? .timedOut : .inputOutput,
            "`systemctl \(words.joined(separator: " "))` \(result.ending): \(result.output)",
            hint: "see `systemctl status holdfastd` and `journalctl -u holdfastd`")
    }

    private static func systemctl(_ words: [String], output: File? = nil) async throws -> ChildProcess.Result {
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"]
        return try await ChildProcess(
            "/usr/bin/systemctl", words, environment: environment, output: output, deadline: .seconds(360)
        ).run()
    }
}
