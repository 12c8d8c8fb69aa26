import Glibc
import Model
import Subprocess
import SystemPackage

/// A program run to its end: an argument vector and no shell, in a session of its own, with nothing of this process but
/// its rights.
///
/// Standard input is `/dev/null`, the working folder `/`, the environment only what is given here; no descriptor is passed
/// on. Nothing of its process group outlives the run: what is left when the program ends is killed. A daemon that is killed
/// itself can't do that: there its service unit's `KillMode=control-group` does.
package struct ChildProcess: Sendable {
    /// Absolute path.
    package var program: String
    /// Without the program's name.
    package var arguments: [String]
    package var environment: [String: String]
    /// From the start; then it is asked to end by `SIGTERM`.
    package var deadline: Duration
    /// From `SIGTERM` to `SIGKILL`.
    package var grace: Duration
    /// Takes standard output, from where it stands; it doesn't show in the result then.
    package var output: File?

    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], output: File? = nil,
        deadline: Duration, grace: Duration = .seconds(10)
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.output = output
        self.deadline = deadline
        self.grace = grace
    }

    package enum Ending: Sendable, Equatable, Codable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// Why it was made to end.
    package enum Stop: String, Sendable, Equatable, Codable {
        case deadline
        case request
    }

    package struct Result: Sendable, Equatable, Codable {
        package var ending: Ending
        /// Nil when it ended by itself.
        package var stop: Stop?
        /// The last 4 KiB of standard output and standard error together, as one harmless line.
        package var output: String
    }

    /// What programs need of an environment, and nothing of ours.
    package static let plainEnvironment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]

    private static let outputKept = 4096
    /// Also how soon a request to stop is noticed.
    private static let pollMilliseconds: Int32 = 200

    /// Returns when it has ended; cancelling the task changes nothing.
    ///
    /// - Parameter stop: asked several times a second; true makes it end.
    /// - Throws: `not-found`, `not-permitted`, `input-output`: it could not be started.
    package func run(stop: @escaping @Sendable () -> Bool = { false }) async throws -> Result {
        do {
            return try await start(stop)
        } catch let error as SubprocessError {
            guard let reason = error.underlyingError else {
                throw Fault(.inputOutput, "cannot start \(program)", cause: error)
            }
            throw SystemCall.fault(reason.rawValue, "start", program)
        }
    }

    private func start(_ stop: @escaping @Sendable () -> Bool) async throws -> Result {
        var options = PlatformOptions()
        options.createSession = true
        let variables = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let configuration = Configuration(
            executable: .path(FilePath(program)), arguments: Arguments(arguments),
            environment: .custom(Dictionary(variables) { $1 }), workingDirectory: "/", platformOptions: options)
        if let output {
            let file = FileDescriptor(rawValue: output.descriptor)
            let result = try await Subprocess.run(
                configuration, input: .none, output: .fileDescriptor(file, closeAfterSpawningProcess: false),
                error: .sequence
            ) { try await attend($0.processIdentifier, $0.standardError, stop) }
            return Result(result.terminationStatus, result.closureResult)
        }
        let result = try await Subprocess.run(
            configuration, input: .none, output: .sequence, error: .combinedWithOutput
        ) { try await attend($0.processIdentifier, $0.standardOutput, stop) }
        return Result(result.terminationStatus, result.closureResult)
    }

    private func attend(
        _ leader: ProcessIdentifier, _ words: SubprocessOutputSequence, _ stop: @escaping @Sendable () -> Bool
    ) async throws -> (Stop?, String) {
        async let output = Self.collect(words)
        let stopped = try await Threads.run("command") { supervise(leader.value, leader.processDescriptor, stop) }
        return (stopped, await output)
    }

    /// Ends with the program, also when something it left behind keeps its output open.
    private static func collect(_ output: SubprocessOutputSequence) async -> String {
        var tail = OutputTail(limit: outputKept)
        do {
            for try await buffer in output { buffer.withUnsafeBytes { tail.append($0) } }
        } catch {
            // How the program ends counts; what it printed only explains it.
        }
        return tail.text
    }

    /// Returns when the program has ended and nothing of its group is left. It isn't reaped yet then, so that its number
    /// still names its group and no other.
    private func supervise(_ leader: pid_t, _ descriptor: Int32, _ stop: () -> Bool) -> Stop? {
        let started = BootClock.now()
        var asked: (why: Stop, at: Duration)?
        while !Self.hasEnded(leader) {
            let now = BootClock.now()
            if let asked {
                if now - asked.at >= grace { kill(-leader, SIGKILL) }
            } else if let why: Stop = stop() ? .request : now - started >= deadline ? .deadline : nil {
                asked = (why, now)
                kill(-leader, SIGTERM)
            }
            var end = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&end, 1, Self.pollMilliseconds)
        }
        kill(-leader, SIGKILL)
        return asked?.why
    }

    private static func hasEnded(_ process: pid_t) -> Bool {
        var state = siginfo_t()
        let result = waitid(P_PID, id_t(process), &state, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 ? state.si_signo == SIGCHLD : errno != EINTR
    }
}

extension ChildProcess.Result {
    fileprivate init(_ status: TerminationStatus, _ course: (stop: ChildProcess.Stop?, output: String)) {
        let ending: ChildProcess.Ending =
            switch status {
            case .exited(let status): .exited(status)
            case .signaled(let signal): .signalled(signal)
            }
        self.init(ending: ending, stop: course.stop, output: course.output)
    }
}

extension ChildProcess.Ending: CustomStringConvertible {
    /// `exited with status 3`, `was ended by signal 9 (killed)`.
    package var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal):
            "was ended by signal \(signal) (\(String(cString: strsignal(signal)).lowercased()))"
        }
    }
}
