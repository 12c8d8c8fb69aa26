import Foundation
import Model
import Platform

/// The memory of this process, and how long something takes.
enum ProcessMemory {
    /// Lets the peak count from now on. Source: proc(5), clear_refs.
    static func forgetPeak() throws {
        let file = try File.open("/proc/self/clear_refs", .readWrite)
        try Array("5".utf8).withUnsafeBytes { try file.write($0, at: 0) }
    }

    /// Bytes: `VmHWM`, `VmRSS`.
    static func bytes(_ field: String) -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(field):") }
        return line.flatMap { Int($0.split(whereSeparator: \.isWhitespace)[1]) }.map { $0 * 1024 } ?? 0
    }
}

/// Prints the figures of one curve for `etc/bench --scale`: one line a figure, `name[size]: value`.
struct ScaleFigures {
    let size: String

    func note(_ name: String, _ value: Double) {
        print("\(name)[\(size)]: \(value)")
        fflush(nil)
    }

    /// Seconds and the peak of memory.
    @discardableResult
    func measure<Result>(_ name: String, _ work: () async throws -> Result) async throws -> Result {
        try ProcessMemory.forgetPeak()
        let start = ContinuousClock.now
        let result = try await work()
        note("\(name)_s", (ContinuousClock.now - start).inSeconds)
        note("\(name)_peak_mib", Double(ProcessMemory.bytes("VmHWM")) / 1_048_576)
        return result
    }
}

enum ScaleSetting {
    static func text(_ name: String) -> String? { ProcessInfo.processInfo.environment["HOLDFAST_SCALE_\(name)"] }
    static var isOn: Bool { ProcessInfo.processInfo.environment["HOLDFAST_BENCH"] == "1" }
}
