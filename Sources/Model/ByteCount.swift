/// A number of bytes.
package struct ByteCount: Sendable, Hashable, Comparable, Codable {
    package var bytes: Int64

    package init(_ bytes: Int64) { self.bytes = bytes }
    package init(_ bytes: Int) { self.bytes = Int64(bytes) }

    package static let zero = ByteCount(0 as Int64)
    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
    package static func + (left: ByteCount, right: ByteCount) -> ByteCount { ByteCount(left.bytes + right.bytes) }

    package init(from decoder: any Decoder) throws { bytes = try decoder.singleValueContainer().decode(Int64.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}

extension ByteCount: CustomStringConvertible {
    /// Three digits and a binary unit: `0 B`, `999 B`, `1.46 MiB`, `12.0 GiB`.
    package var description: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        guard unit > 0 else { return "\(bytes) B" }
        let decimals = value < 9.995 ? 100.0 : value < 99.95 ? 10.0 : 1.0
        let scaled = Int((value * decimals).rounded())
        let whole = scaled / Int(decimals)
        let fraction = scaled % Int(decimals)
        guard decimals > 1 else { return "\(whole) \(units[unit])" }
        let digits = String(fraction)
        let width = decimals == 100 ? 2 : 1
        return "\(whole).\(String(repeating: "0", count: width - digits.count))\(digits) \(units[unit])"
    }
}
