/// An entry of the systemd journal with its fields. Source: systemd.io/JOURNAL_NATIVE_PROTOCOL.
package enum JournalEntry {
    /// Where the journal takes entries, one a datagram.
    package static let socket = "/run/systemd/journal/socket"

    /// `NAME=value` lines; a value with a line feed goes as name, length (64 bits, little-endian) and bytes. Fields without
    /// a value are left out.
    package static func encode(_ fields: [(String, String?)]) -> [UInt8] {
        fields.reduce(into: []) { bytes, field in
            if let value = field.1 { append(field.0, value, to: &bytes) }
        }
    }

    private static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        bytes += Array(name.utf8)
        if value.utf8.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            withUnsafeBytes(of: UInt64(value.utf8.count).littleEndian) { bytes += Array($0) }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += Array(value.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
}
