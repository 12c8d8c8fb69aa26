/// What admins call a database: `server/name` or `server/folder/name`.
///
/// Line breaks and other control characters of file names are escaped as `\n` or `\u{07}`, so that a name is always one line.
/// Names are told apart, and ordered, by their bytes.
package struct DatabaseName: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package let text: String

    package init(server: String, path: String) { text = "\(server)/\(Self.escape(path))" }
    /// A name as it is written in records and requests.
    package init(_ text: String) { self.text = text }

    package var server: String { slash.map { String(text[..<$0]) } ?? text }
    /// What follows the server's name; empty for a whole server.
    package var path: String { slash.map { String(text[text.utf8.index(after: $0)...]) } ?? "" }
    package var description: String { text }

    private var slash: String.Index? { text.utf8.firstIndex(of: UInt8(ascii: "/")) }

    package static func == (left: DatabaseName, right: DatabaseName) -> Bool { left.text.isSame(as: right.text) }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(text.utf8.count)
    }

    package static func < (left: DatabaseName, right: DatabaseName) -> Bool { left.text.precedes(right.text) }

    /// Whether a person who typed `typed` may have meant this: the whole name, or its end from a `/` on.
    package func matches(_ typed: String) -> Bool { text.isSame(as: typed) || text.ends(with: "/\(typed)") }

    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    private static func escape(_ path: String) -> String {
        var text = ""
        for scalar in path.unicodeScalars {
            let isControl =
                scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
            text += isControl || scalar == "\\" ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return text
    }
}
