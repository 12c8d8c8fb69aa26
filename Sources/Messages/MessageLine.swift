package import Catalog
import Model

/// A message as a line of the text log.
///
/// Fields, separated by tabs: local time with offset, severity, code, database, run, actor, text, and the id as `#17`. An
/// absent database or run is `-`. Cause and hint follow the text. A line holds neither control characters nor ones that turn the direction of
/// text: they are written as `\u{…}`, so a file name can't forge a line.
package enum MessageLine {
    /// Without the line feed.
    package static func text(_ message: Message, offsetSeconds: Int) -> String {
        let fields = [
            message.instant.rfc3339(offsetSeconds: offsetSeconds), message.severity.rawValue, message.code.rawValue,
            message.database?.text ?? "-", message.run.map { "run \($0)" } ?? "-", message.actor.description,
            sentence(message), "#\(message.id)",
        ]
        return fields.map(escape).joined(separator: "\t")
    }

    /// The id of a line's message; nil for what is no line.
    static func id(of line: some StringProtocol) -> MessageID? {
        guard let field = line.split(separator: "\t").last, field.hasPrefix("#") else { return nil }
        return MessageID(field.dropFirst())
    }

    /// Whether a line is that of this message, whatever the zone it was written in.
    static func line(_ line: some StringProtocol, tells message: Message) -> Bool {
        let expected = text(message, offsetSeconds: 0)
        guard let tab = line.firstIndex(of: "\t"), let own = expected.firstIndex(of: "\t"),
            line[tab...] == expected[own...], let instant = Instant(rfc3339: String(line[..<tab]))
        else { return false }
        return instant.rfc3339() == message.instant.rfc3339()
    }

    /// Text, cause and hint in one line.
    static func sentence(_ message: Message) -> String {
        let cause = message.cause.map { ": \($0)" } ?? ""
        let hint = message.hint.map { " (hint: \($0))" } ?? ""
        return "\(message.text)\(cause)\(hint)"
    }

    private static func escape(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        return text.unicodeScalars.reduce(into: "") { $0 += isUnsafe($1) ? $1.escaped(asASCII: true) : String($1) }
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
