/// What the header of a page of a PostgreSQL relation says, and whether its checksum fits.
///
/// Source: PostgreSQL 15, `storage/bufpage.h` (pd_lsn at 0, pd_checksum at 8, pd_upper at 14) and
/// `storage/checksum_impl.h` (FNV-1a in 32 lanes over the page's words, its checksum taken as 0).
struct PostgresPage {
    static let size = 8192
    /// Pages of one file of a relation; the next file goes on with the next block.
    static let perSegment: UInt32 = 131_072

    private static let lanes = 32
    private static let prime: UInt32 = 16_777_619
    private static let offsets: [UInt32] = [
        0x5B1F_36E9, 0xB852_5960, 0x02AB_50AA, 0x1DE6_6D2A, 0x79FF_467A, 0x9BB9_F8A3, 0x217E_7CD2, 0x83E1_3D2C,
        0xF8D4_474F, 0xE39E_B970, 0x42C6_AE16, 0x9932_16FA, 0x7B09_3B5D, 0x98DA_FF3C, 0xF718_902A, 0x0B1C_9CDB,
        0xE58F_764B, 0x1876_36BC, 0x5D7B_3BB1, 0xE73D_E7DE, 0x92BE_C979, 0xCCA6_C0B2, 0x304A_0979, 0x85AA_43D4,
        0x7831_25BB, 0x6CA8_EAA2, 0xE407_EAC6, 0x4B5C_FC3E, 0x9FBF_8C76, 0x15CA_20BE, 0xF2CA_9FD3, 0x959B_D756,
    ]

    let bytes: UnsafeRawBufferPointer

    /// Never written to since it was added to its file.
    var isNew: Bool { bytes.loadUnaligned(fromByteOffset: 14, as: UInt16.self) == 0 }
    var checksum: UInt16 { bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self) }
    /// The log position of the last change.
    var lsn: PostgresLSN {
        PostgresLSN(
            UInt64(bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)) << 32
                | UInt64(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    }

    /// - Parameter block: its number in the relation, over all files.
    func hasItsChecksum(block: UInt32) -> Bool { isNew || computed(block: block) == checksum }

    private func computed(block: UInt32) -> UInt16 {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.lanes) { sums in
            for lane in 0..<Self.lanes { sums[lane] = Self.offsets[lane] }
            for row in 0..<(Self.size / 4 / Self.lanes) {
                for lane in 0..<Self.lanes {
                    var word = bytes.loadUnaligned(fromByteOffset: (row * Self.lanes + lane) * 4, as: UInt32.self)
                    // The low half of the third word is the checksum itself.
                    if row == 0, lane == 2 { word &= 0xFFFF_0000 }
                    sums[lane] = Self.mixed(sums[lane], word)
                }
            }
            var folded: UInt32 = 0
            for lane in 0..<Self.lanes { folded ^= Self.mixed(Self.mixed(sums[lane], 0), 0) }
            return UInt16((folded ^ block) % 65_535 + 1)
        }
    }

    @inline(__always)
    private static func mixed(_ sum: UInt32, _ word: UInt32) -> UInt32 {
        let value = sum ^ word
        return value &* prime ^ value >> 17
    }
}

/// A position in the write-ahead log, written as `0/16B3748`.
package struct PostgresLSN: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let high = UInt32(parts[0], radix: 16), let low = UInt32(parts[1], radix: 16) else {
            return nil
        }
        value = UInt64(high) << 32 | UInt64(low)
    }

    package var description: String {
        "\(String(value >> 32, radix: 16, uppercase: true))/\(String(value & 0xFFFF_FFFF, radix: 16, uppercase: true))"
    }

    package static func < (left: PostgresLSN, right: PostgresLSN) -> Bool { left.value < right.value }
}

/// Names of the files of the write-ahead log.
struct WALSegments {
    let timeline: UInt32
    /// Bytes of one, a power of two.
    let size: UInt64

    /// The segments that hold what lies between two positions, in order; `end` itself excluded.
    func names(from start: PostgresLSN, to end: PostgresLSN) -> [String] {
        let last = end.value == 0 ? 0 : (end.value - 1) / size
        return (start.value / size...max(last, start.value / size)).map(name)
    }

    static func historyName(_ timeline: UInt32) -> String { "\(digits(UInt64(timeline))).history" }

    private func name(_ number: UInt64) -> String {
        let perID = (1 << 32) / size
        return [UInt64(timeline), number / perID, number % perID].map(Self.digits).joined()
    }

    private static func digits(_ part: UInt64) -> String {
        let digits = String(part, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
