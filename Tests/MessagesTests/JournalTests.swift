import Catalog
import Glibc
import Messages
import Model
import Testing

@Suite struct JournalTests {
    @Test func sendsFieldsAndFramesLineFeeds() throws {
        let scratch = try Scratch()
        let path = "\(scratch.folder)/journal.sock"
        let socket = try ReceivingSocket(path)
        let center = MessageCenter(catalog: scratch.catalog, logPath: nil, journalPath: path)
        try center.start()
        defer { center.stop() }
        let draft = MessageDraft(
            .error, .backupFailed, "two\nlines", database: DatabaseName(server: "crm", path: "a"), run: 3)
        try scratch.catalog.record([draft], at: Instant(seconds: 1_800_000_000))
        center.flush()
        let datagram = try socket.receive()
        #expect(datagram.file == nil)
        let bytes = datagram.bytes
        let head = Array("MESSAGE\n".utf8) + [9, 0, 0, 0, 0, 0, 0, 0] + Array("two\nlines\n".utf8)
        #expect(bytes.starts(with: head))
        let fields = String(decoding: bytes.dropFirst(head.count), as: UTF8.self).split(separator: "\n")
        #expect(fields.contains("PRIORITY=3"))
        #expect(fields.contains("HOLDFAST_CODE=backup-failed"))
        #expect(fields.contains("HOLDFAST_DATABASE=crm/a"))
        #expect(fields.contains("HOLDFAST_RUN=3"))
        #expect(fields.contains("SYSLOG_IDENTIFIER=holdfastd"))
        #expect(fields.contains("MESSAGE_ID=\(Code.backupFailed.journalID)"))
        #expect(fields.contains("HOLDFAST_MESSAGE_ID=1"))
        #expect(fields.contains("HOLDFAST_TIME=2027-01-15T08:00:00.000Z"))
    }

    @Test func aMessageTooLargeForADatagramGoesAsASealedFile() throws {
        let scratch = try Scratch()
        let path = "\(scratch.folder)/journal.sock"
        let socket = try ReceivingSocket(path)
        let center = MessageCenter(catalog: scratch.catalog, logPath: nil, journalPath: path)
        try center.start()
        defer { center.stop() }
        let text = String(repeating: "0123456789abcdef", count: 1 << 16)
        try scratch.record(text)
        center.flush()
        let datagram = try socket.receive()
        #expect(datagram.bytes.isEmpty)
        let file = try #require(datagram.file)
        defer { close(file) }
        // F_GET_SEALS: sealed against shrinking, growing, writing and further seals.
        #expect(fcntl(file, 1034) == 0xF)
        var content = [UInt8](repeating: 0, count: text.utf8.count + 4096)
        let count = pread(file, &content, content.count, 0)
        #expect(String(decoding: content.prefix(count), as: UTF8.self).hasPrefix("MESSAGE=\(text)\nMESSAGE_ID="))
    }

    /// More than a socket's queue holds: a send waits for the reader, and nothing is lost or doubled.
    @Test func aBurstWaitsForTheJournal() throws {
        let scratch = try Scratch()
        let path = "\(scratch.folder)/journal.sock"
        let socket = try ReceivingSocket(path)
        let center = MessageCenter(catalog: scratch.catalog, logPath: nil, journalPath: path)
        try center.start()
        defer { center.stop() }
        let texts = (0..<3000).map { "message \($0)" }
        try scratch.catalog.record(
            texts.map { MessageDraft(.info, .daemonStarted, $0) }, at: Instant(seconds: 1_800_000_000))
        var received: [String] = []
        while received.count < texts.count {
            let line = String(decoding: try socket.receive(waiting: true).bytes, as: UTF8.self).split(separator: "\n")[
                0]
            received.append(String(line.dropFirst("MESSAGE=".count)))
        }
        #expect(received == texts)
        center.flush()
        #expect(try scratch.catalog.delivered(to: "journal") == 3000)
    }

    @Test func withoutAJournalNothingIsMissed() throws {
        let scratch = try Scratch(journal: "/nonexistent/journal")
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.flush()
        #expect(try scratch.lines() == ["one"])
    }
}

/// The other end of a datagram socket; a datagram must have arrived before it is received.
private final class ReceivingSocket {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    /// - Parameter waiting: up to ten seconds for one to arrive.
    func receive(waiting: Bool = false) throws -> (bytes: [UInt8], file: Int32?) {
        if waiting {
            var readiness = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            try #require(poll(&readiness, 1, 10_000) == 1)
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        // A control message with one descriptor. Source: cmsg(3): 16 bytes of header, then the data.
        var control = [UInt64](repeating: 0, count: 8)
        var header = msghdr()
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    header.msg_iov = part
                    header.msg_iovlen = 1
                    header.msg_control = control.baseAddress
                    header.msg_controllen = control.count
                    return recvmsg(descriptor, &header, 0)
                }
            }
        }
        try #require(count >= 0)
        let file = header.msg_controllen > 16 ? Int32(truncatingIfNeeded: control[2]) : nil
        return (Array(buffer.prefix(count)), file)
    }
}
