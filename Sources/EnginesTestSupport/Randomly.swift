import Foundation

/// Runs that take minutes are asked for with `HOLDFAST_LONG=1`.
package enum Long {
    package static let isAsked = ProcessInfo.processInfo.environment["HOLDFAST_LONG"] == "1"
}

/// A generator whose seed is printed, so that a failure can be had again with `HOLDFAST_SEED`.
package struct PrintedRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(_ test: String) {
        let asked = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap(UInt64.init)
        state = asked ?? UInt64.random(in: 1...UInt64.max)
        print("\(test): HOLDFAST_SEED=\(state)")
    }

    /// SplitMix64. Source: prng.di.unimi.it/splitmix64.c.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
