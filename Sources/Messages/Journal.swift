import Catalog
import Model
import Platform

/// Sends messages with their fields to the systemd journal, where there is one.
///
/// Without a journal messages count as sent: it is a copy.
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
        return JournalEntry.encode(fields)
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
