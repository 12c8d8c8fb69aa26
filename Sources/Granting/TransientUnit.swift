import Glibc
import Model
import Platform
import Settings

/// A program in a systemd unit of its own, which is gone when the program is.
///
/// Source: systemd-run(1); systemd.exec(5) and systemd.service(5) for the properties.
struct TransientUnit {
    /// Without `.service`. While a unit of that name is there, another one is refused.
    let name: String
    let properties: [String]
    let environment: [String: String]
    let settings: DaemonSettings
    /// Whether it goes on without this process, and has minutes to end when it is asked to.
    var outlives = false

    /// From the order to end to the kill.
    private var patience: Duration { outlives ? .seconds(300) : .seconds(10) }

    /// - Parameters:
    ///   - words: the absolute path of a program that only root can change, and its arguments.
    ///   - stop: asked several times a second; true makes the unit end, with all that it has started.
    /// - Throws: `command-refused`, `not-found`; `command-failed` when the unit could not be made to end.
    func run(_ words: [String], within limit: Duration, stop: @escaping @Sendable () -> Bool) throws
        -> ChildProcess.Result
    {
        guard let program = words.first else { throw Fault(.commandRefused, "no program is named") }
        let trusted = try TrustedFile.check(program, isProgram: true)
        let child = ChildProcess(
            try TrustedFile.check(settings.systemdRun, isProgram: true),
            options(limit) + ["--", trusted] + words.dropFirst().map(Self.escaped),
            environment: ChildProcess.plainEnvironment, deadline: limit)
        let result = try Threads.waiting { try await child.run(stop: stop) }
        // Ending `systemd-run` ends the wait, not the unit.
        if result.stop != nil { try end() }
        return result
    }

    /// Whether a program of before is still at work in the unit of that name.
    var isThere: Bool {
        get throws { try units(.seconds(30)).isThere("\(name).service") }
    }

    /// One that has ended by itself meanwhile, as at its own `RuntimeMaxSec=`, is nothing that can be stopped, and gone.
    private func end() throws {
        do {
            try units(patience + .seconds(50)).stop(["\(name).service"])
        } catch {
            if try isThere { throw error }
        }
    }

    private func units(_ patience: Duration) -> SystemUnits {
        SystemUnits(program: settings.systemctl, patience: patience)
    }

    private func options(_ limit: Duration) -> [String] {
        let end = limit.components.seconds + 10
        // Should this process be killed, its own unit ends, and with it what it has started.
        let helper = Processes.unit(getpid()).flatMap { $0.hasPrefix("holdfast-helper@") ? $0 : nil }
        let bond = outlives ? [] : helper.map { ["BindsTo=\($0)"] } ?? []
        let all =
            ["RuntimeMaxSec=\(end)s", "TimeoutStopSec=\(patience.components.seconds)s", "LimitCORE=0"] + bond
            + properties
        return [
            "--quiet", "--wait", "--pipe", "--collect", "--no-ask-password", "--service-type=exec", "--unit=\(name)",
        ] + all.map { "--property=\($0)" }
            + environment.sorted { $0.key < $1.key }.map { "--setenv=\($0.key)=\(SafeText.oneLine($0.value))" }
    }

    /// systemd puts variables into arguments; `$$` stands for the character. Source: systemd.service(5), "Command lines".
    private static func escaped(_ argument: String) -> String { argument.doubling("$") }
}
