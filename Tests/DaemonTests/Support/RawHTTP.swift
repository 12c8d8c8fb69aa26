import Foundation
import Glibc

/// Requests written by hand to the daemon's socket, for what the client never sends.
enum RawHTTP {
    /// The whole answer to one request; the connection is closed after it.
    static func exchange(_ socket: String, _ method: String, _ path: String, body: String = "") throws -> String {
        let descriptor = try send(
            socket,
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var answer: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &room, room.count, 0)
            guard count > 0 else { break }
            answer += room.prefix(count)
        }
        return String(decoding: answer, as: UTF8.self)
    }

    /// Sends bytes and gives the open connection.
    static func send(_ socket: String, _ text: String) throws -> Int32 {
        let descriptor = PrivateDaemon.connection(socket)
        guard descriptor >= 0 else { throw Unexpected("cannot connect to \(socket)") }
        let bytes = Array(text.utf8)
        guard Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            close(descriptor)
            throw Unexpected("cannot send to \(socket)")
        }
        return descriptor
    }
}
