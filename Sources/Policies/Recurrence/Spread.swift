/// Puts schedules that name the same time apart: each is late by a part of its own, always the same.
enum Spread {
    /// Microseconds from 0 up to, but without, `width`.
    ///
    /// FNV-1a (64 bit) of the seed's UTF-8, finished by SplitMix64's mixing, modulo the width: seeds that differ in their
    /// last character only lie far apart. Never change this: schedules would move.
    /// Source: Fowler, Noll, Vo, "The FNV non-cryptographic hash algorithm"; Steele et al., "Fast splittable
    /// pseudorandom number generators", 2014.
    static func offset(seed: String, width: Int64) -> Int64 {
        guard width > 0 else { return 0 }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in seed.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int64((hash ^ (hash >> 31)) % UInt64(width))
    }
}
