import Catalog
import Glibc
import Model
import Platform

/// Sends messages with their fields to the systemd journal, where there is one.
///
/// Source: systemd.io/JOURNAL_NATIVE_PROTOCOL. A message that the journal does not take is dropped: the journal is a copy.
struct Journal {
    let path: String

    func send(_ messages: [Message]) {
        guard let address = SocketAddress(path: path), let socket = Self.socket(path) else { return }
        for message in messages { address.send(Self.datagram(message), from: socket.descriptor) }
    }

    /// `NAME=value` lines; a value with a line feed goes as name, length (64 bits, little-endian) and bytes.
    static func datagram(_ message: Message) -> [UInt8] {
        let fields: [(String, String?)] = [
            ("MESSAGE", MessageLine.sentence(message)), ("PRIORITY", "\(message.severity.priority)"),
            ("SYSLOG_IDENTIFIER", "holdfastd"), ("HOLDFAST_MESSAGE_ID", "\(message.id)"),
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

    private static func socket(_ path: String) -> File? {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(AF_UNIX, type, 0)
        return descriptor < 0 ? nil : File(descriptor: descriptor, path: path)
    }
}

extension Severity {
    /// Source: syslog(3).
    fileprivate var priority: Int32 {
        switch self {
        case .info: LOG_INFO
        case .success: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        }
    }
}

/// The address of a socket in the file system.
private struct SocketAddress {
    private var address = sockaddr_un()

    /// Nil when the path is too long for one.
    init?(path: String) {
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    }

    func send(_ datagram: [UInt8], from descriptor: Int32) {
        withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(
                    descriptor, datagram, datagram.count, Int32(MSG_NOSIGNAL), $0,
                    socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
