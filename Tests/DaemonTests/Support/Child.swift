import Foundation
import Glibc
import Synchronization

/// A real program at work, the leader of a process group of its own, with its output in files.
///
/// Whatever happens to the test, the whole group is killed when this goes.
final class Child: Sendable {
    let pid: pid_t
    let command: String
    let outputPath: String
    let errorsPath: String
    private let ended = Mutex<Int32?>(nil)
    private let input: Mutex<Int32>

    /// - Parameters:
    ///   - output: the path that standard output is written to; standard error goes beside it, as `.err`.
    ///   - input: what standard input is.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], output: String,
        input kind: Input = .empty
    ) throws {
        command = ([String(program.split(separator: "/").last ?? "")] + arguments).joined(separator: " ")
        outputPath = output
        errorsPath = output + ".err"
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HOLDFAST_") }
        variables["NO_COLOR"] = "1"
        variables.merge(environment) { _, new in new }

        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        let (inputPath, descriptor) = try Self.prepare(kind, output + ".in")
        input = Mutex(descriptor)
        posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errorsPath, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var child: pid_t = 0
        let status = Self.withStrings([program] + arguments) { list in
            Self.withStrings(variables.map { "\($0.key)=\($0.value)" }) { values in
                posix_spawn(&child, program, &actions, &attributes, list, values)
            }
        }
        guard status == 0 else { throw Unexpected("cannot start \(program): \(String(cString: strerror(status)))") }
        pid = child
    }

    deinit {
        killGroup()
        endInput()
    }

    /// What standard input of a child is.
    enum Input {
        case empty
        /// Open, with nothing in it, until `endInput`.
        case held
        /// A terminal that `type` types on.
        case terminal
    }

    /// The path that the child opens as its input, and our end of it; -1 for none.
    private static func prepare(_ kind: Input, _ fresh: String) throws -> (path: String, descriptor: Int32) {
        switch kind {
        case .empty: return ("/dev/null", -1)
        case .held:
            guard mkfifo(fresh, 0o600) == 0 else { throw Unexpected("cannot make \(fresh)") }
            return (fresh, open(fresh, O_RDWR | O_CLOEXEC))
        case .terminal:
            let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            var number: Int32 = 0
            // TIOCSPTLCK unlocks, TIOCGPTN tells the number. Source: ioctl_tty(2).
            guard ioctl(descriptor, 0x4004_5431, &number) == 0, ioctl(descriptor, 0x8004_5430, &number) == 0 else {
                throw Unexpected("there is no terminal to be had")
            }
            return ("/dev/pts/\(number)", descriptor)
        }
    }

    /// Types a line, as somebody at the terminal.
    func type(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        input.withLock { _ = write($0, bytes, bytes.count) }
    }

    /// Ends standard input.
    func endInput() {
        input.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    /// The exit status, or minus the signal that ended it; nil while it works.
    var status: Int32? {
        ended.withLock { ended in
            if ended == nil {
                var word: Int32 = 0
                if waitpid(pid, &word, WNOHANG) == pid {
                    ended = word & 0x7f == 0 ? (word >> 8) & 0xff : -(word & 0x7f)
                }
            }
            return ended
        }
    }

    var isAtWork: Bool { status == nil }
    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }

    func signal(_ number: Int32) {
        if isAtWork { kill(pid, number) }
    }

    /// Ends it and all that it started, at once.
    func killGroup() {
        kill(-pid, SIGKILL)
        ended.withLock { ended in
            guard ended == nil else { return }
            var word: Int32 = 0
            if waitpid(pid, &word, 0) == pid { ended = -(word & 0x7f) }
        }
    }

    /// Waits for its end.
    func wait(within limit: Duration) async throws -> Output {
        let found = try await eventually(within: limit, "the end of `\(command)`", killing: self) { self.status }
        return Output(command: command, status: found, text: output, errors: errors)
    }

    private static func withStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}

/// What an ended program left.
struct Output: Sendable, CustomStringConvertible {
    var command: String
    var status: Int32
    var text: String
    var errors: String

    var description: String {
        "`\(command)` ended with \(status)\n\(text.suffix(1500))\n\(errors.suffix(1500))"
    }
}

/// Something that the test relies on didn't happen.
struct Unexpected: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
