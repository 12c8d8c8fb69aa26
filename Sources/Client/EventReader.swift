internal import Model
internal import NIOCore

/// An event of a stream of server-sent events.
struct ReceivedEvent: Sendable {
    var id: String?
    var name = "message"
    var data = ""
}

/// Cuts a stream of bytes into events; comments are dropped. An event without data has an id to resume after.
///
/// Source: WHATWG HTML, "Server-sent events", §9.2.6.
struct EventReader {
    private static let lineLimit = 1 << 22

    private var line: [UInt8] = []
    private var event = ReceivedEvent()

    /// - Throws: `internal-error` for a line longer than 4 MiB.
    mutating func read(_ bytes: ByteBuffer) throws -> [ReceivedEvent] {
        var events: [ReceivedEvent] = []
        for byte in bytes.readableBytesView {
            guard byte == UInt8(ascii: "\n") else {
                guard line.count < Self.lineLimit else {
                    throw Fault(.internalError, "the daemon sent an endless line")
                }
                line.append(byte)
                continue
            }
            if line.isEmpty {
                if !event.data.isEmpty || event.id != nil { events.append(event) }
                event = ReceivedEvent()
            } else {
                take(String(decoding: line, as: UTF8.self))
            }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    private mutating func take(_ line: String) {
        let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].isEmpty else { return }
        let value = sides[1].hasPrefix(" ") ? sides[1].dropFirst() : sides[1]
        switch sides[0] {
        case "id": event.id = String(value)
        case "event": event.name = String(value)
        case "data": event.data += event.data.isEmpty ? String(value) : "\n\(value)"
        default: break
        }
    }
}
