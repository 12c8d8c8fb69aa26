import Model

/// Stops and starts systemd units by systemd's own program.
///
/// It needs the right to do so; a daemon without it gets told by systemd.
package struct SystemUnits: Sendable {
    /// Absolute path.
    private let program: String
    /// What one call may take: units have 90 seconds to stop by default.
    private let patience: Duration
    /// Asked several times a second; true ends the call, not what systemd does.
    private let stop: @Sendable () -> Bool

    package init(
        program: String, patience: Duration = .seconds(120), stop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.program = program
        self.patience = patience
        self.stop = stop
    }

    package func isActive(_ unit: String) throws -> Bool {
        try call(["is-active", "--quiet", "--", unit]).ending == .exited(0)
    }

    /// Whether anything of the unit is at work, also while it is starting or ending.
    package func isThere(_ unit: String) throws -> Bool {
        let result = try call(["show", "--property=ActiveState", "--value", "--", unit])
        guard result.ending == .exited(0) else {
            var fault = Fault(.commandFailed, "cannot tell whether \(unit) is at work: systemctl \(result.ending)")
            fault.cause = result.output.isEmpty ? nil : result.output
            throw fault
        }
        return !["inactive", "failed"].contains(result.output)
    }

    package func stop(_ units: [String]) throws { try order("stop", units) }

    package func start(_ units: [String]) throws { try order("start", units) }

    private func order(_ verb: String, _ units: [String]) throws {
        let result = try call([verb, "--"] + units)
        guard result.ending != .exited(0) else { return }
        var fault = Fault(
            .commandFailed, "cannot \(verb) \(units.joined(separator: ", ")): systemctl \(result.ending)",
            hint: "see `systemctl status \(units.map(\.shellWord).joined(separator: " "))`")
        fault.cause = result.output.isEmpty ? nil : result.output
        throw fault
    }

    private func call(_ arguments: [String]) throws -> ChildProcess.Result {
        let child = ChildProcess(
            try TrustedFile.check(program, isProgram: true), arguments,
            environment: ChildProcess.plainEnvironment, deadline: patience)
        let stop = stop
        return try Threads.waiting { try await child.run(stop: stop) }
    }
}
