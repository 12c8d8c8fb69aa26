import Foundation

/// Programs of the system that these tests are measured against.
enum Program {
    static func path(of name: String) -> String? {
        ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Standard output of a program that must succeed.
    static func output(
        _ name: String, _ arguments: [String], environment: [String: String] = ["LC_ALL": "C"]
    ) throws -> [UInt8] {
        struct Failed: Error { var text: String }
        guard let path = path(of: name) else { throw Failed(text: "\(name) is missing") }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = output
        let complaints = Pipe()
        process.standardError = complaints
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            // Short enough for a pipe's buffer.
            let text = String(decoding: try complaints.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            throw Failed(text: "\(name) exits with \(process.terminationStatus): \(text)")
        }
        return Array(bytes)
    }
}

/// SplitMix64 whose seed is printed, so that a failure can be had again with `HOLDFAST_SEED`.
struct PrintedSeed: RandomNumberGenerator {
    private var state: UInt64

    init(_ test: String = #function) {
        let asked = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) }
        state = asked ?? UInt64.random(in: 0...UInt64.max)
        print("\(test): HOLDFAST_SEED=\(state)")
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
