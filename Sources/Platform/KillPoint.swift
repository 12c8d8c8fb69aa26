import Glibc
import Synchronization

/// Places where the power may go: every mutating system call of this module passes one before and one after it.
///
/// Inactive unless the process was started with `HOLDFAST_KILL_AT=N`, which kills it at the N-th pass, or with
/// `HOLDFAST_KILL_LOG=FILE`, which appends a line a pass; `HOLDFAST_KILL_IN` names a stage instead. Tests use them to stop a real daemon at every step.
package enum KillPoint {
    private static let killAt = variable("HOLDFAST_KILL_AT").flatMap { Int($0) }
    private static let logPath = variable("HOLDFAST_KILL_LOG")
    private static let killIn = variable("HOLDFAST_KILL_IN")
    private static let isActive = killAt != nil || logPath != nil
    private static let passes = Mutex(0)

    /// A stage of some work, by a name of its own: where `HOLDFAST_KILL_IN=NAME` kills it.
    package static func enter(_ stage: String) {
        if let killIn, killIn == stage { kill(getpid(), SIGKILL) }
    }

    @inline(__always)
    static func pass(_ call: StaticString, _ path: String) {
        if isActive { count(call, path) }
    }

    private static func count(_ call: StaticString, _ path: String) {
        let number = passes.withLock { count in
            count += 1
            return count
        }
        if let logPath { log("\(number) \(call) \(path)\n", to: logPath) }
        if number == killAt { kill(getpid(), SIGKILL) }
    }

    private static func log(_ line: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var line = line
        _ = line.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
