import Glibc
import Model
import Platform

/// Bytes over a Unix socket, for requests that a decent client would not send.
enum RawClient {
    /// Connects and sends; the caller closes the descriptor. Blocks only while the server's backlog is full.
    static func send(_ socketPath: String, _ text: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            throw Fault(.daemonUnreachable, "cannot connect to \(socketPath)")
        }
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { break }
            sent += count
        }
        return descriptor
    }

    /// Everything that comes back until the server closes or says nothing for five seconds.
    static func exchange(_ socketPath: String, _ text: String) async throws -> String {
        try await Threads.run("raw client") { try blockingExchange(socketPath, text) }
    }

    private static func blockingExchange(_ socketPath: String, _ text: String) throws -> String {
        let descriptor = try send(socketPath, text)
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += buffer[..<count]
        }
    }
}

extension RawClient {
    /// The next bytes, at most 4 KiB; empty when the server has closed.
    static func receive(_ descriptor: Int32) async throws -> String {
        try await Threads.run("raw client") {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        }
    }

    /// A socket bound to the path that doesn't listen.
    static func bind(_ socketPath: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Fault(.inputOutput, "cannot bind \(socketPath)") }
        return descriptor
    }
}
