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
        let head = Array("MESSAGE\n".utf8) + [9, 0, 0, 0, 0, 0, 0, 0] + Array("two\nlines\n".utf8)
        #expect(datagram.starts(with: head))
        let fields = String(decoding: datagram.dropFirst(head.count), as: UTF8.self).split(separator: "\n")
        #expect(fields.contains("PRIORITY=3"))
        #expect(fields.contains("HOLDFAST_CODE=backup-failed"))
        #expect(fields.contains("HOLDFAST_DATABASE=crm/a"))
        #expect(fields.contains("HOLDFAST_RUN=3"))
        #expect(fields.contains("SYSLOG_IDENTIFIER=holdfastd"))
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

    func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        try #require(count > 0)
        return Array(buffer.prefix(count))
    }
}
