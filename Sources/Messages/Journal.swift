import Catalog
import Model
import Platform

/// Sends messages with their fields to the systemd journal, where there is one.
///
/// Source: systemd.io/JOURNAL_NATIVE_PROTOCOL. Without a journal messages count as sent: it is a copy.
struct Journal {
    private static let patienceSeconds = 5
    let path: String

    /// Sends in order and calls `sent` after each.
    ///
    /// - Throws: `timed-out` when the journal stays behind, and other faults of the socket; those not sent remain.
    func send(_ messages: [Message], sent: (MessageID) -> Void) throws {
        let socket = try DatagramSocket(patienceSeconds: Self.patienceSeconds)
        for message in messages {
            _ = try socket.send(Self.datagram(message), to: path)
            sent(message.id)
        }
    }

    /// `NAME=value` lines; a value with a line feed goes as name, length (64 bits, little-endian) and bytes.
    static func datagram(_ message: Message) -> [UInt8] {
        let fields: [(String, String?)] = [
            ("MESSAGE", MessageLine.sentence(message)), ("MESSAGE_ID", message.code.journalID),
            ("PRIORITY", "\(message.severity.priority)"), ("SYSLOG_IDENTIFIER", "holdfastd"),
            ("HOLDFAST_MESSAGE_ID", "\(message.id)"), ("HOLDFAST_TIME", message.instant.rfc3339()),
            ("HOLDFAST_CODE", message.code.rawValue), ("HOLDFAST_SEVERITY", message.severity.rawValue),
            ("HOLDFAST_DATABASE", message.database?.text), ("HOLDFAST_RUN", message.run.map { "\($0)" }),
            ("HOLDFAST_ACTOR", message.actor.description), ("HOLDFAST_CAUSE", message.cause),
            ("HOLDFAST_HINT", message.hint),
        ]
        return fields.reduce(into: []) { bytes, field in
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

extension Severity {
    /// Source: syslog(3).
    fileprivate var priority: Int {
        switch self {
        case .info: 6
        case .success: 5
        case .warning: 4
        case .error: 3
        }
    }
}
