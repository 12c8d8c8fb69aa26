import Foundation

/// Numbers that a seed determines (splitmix64).
struct Numbers: RandomNumberGenerator {
    private var state: UInt64

    /// A new seed, or the one that an environment variable gives to replay a run.
    static func seed(replayedBy name: String) -> UInt64 { environment(name) ?? UInt64.random(in: 0..<1 << 40) }

    static func environment(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % bound }

    /// True once in `many`.
    mutating func once(in many: Int) -> Bool { below(many) == 0 }
}
