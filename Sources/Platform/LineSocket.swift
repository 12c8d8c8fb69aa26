import CLinux
import Glibc
import Model

/// A connected Unix stream socket on which lines go back and forth, each within a deadline.
package final class LineSocket: Sendable {
    /// Who connected, as the kernel saw it then.
    package struct Peer: Sendable, Equatable {
        package var processID: Int32
        package var uid: UInt32
    }

    /// Also how soon a request to stop is noticed.
    private static let pollMilliseconds: Int32 = 200
    /// POLLRDHUP, which Glibc's module doesn't show.
    private static let pollEnded: Int16 = 0x2000

    private let file: File

    /// - Parameter file: a connected socket.
    package init(_ file: File) { self.file = file }

    /// The connection that systemd passes as standard input (`Accept=yes`, `StandardInput=socket`).
    /// - Throws: `wrong-usage` when standard input is something else.
    package static func standardInput() throws -> LineSocket {
        var kind: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(0, SOL_SOCKET, SO_TYPE, &kind, &size) == 0, kind == Int32(SOCK_STREAM.rawValue) else {
            throw Fault(
                .wrongUsage, "standard input is no connection", hint: "systemd starts this program for a socket")
        }
        return LineSocket(File(descriptor: 0, path: "the connection"))
    }

    /// Nil when nobody listens there, or this user may not connect.
    /// - Throws: `timed-out` when whoever listens takes no connection for ten seconds; `input-output`.
    package static func connect(_ path: String) throws -> LineSocket? {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = try SystemCall.check("make", "a socket") { Int(socket(AF_UNIX, type, 0)) }
        let file = File(descriptor: Int32(descriptor), path: path)
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        _ = setsockopt(
            file.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        switch attach(file.descriptor, path) {
        case 0: return LineSocket(file)
        case ENOENT, ENOTDIR, ECONNREFUSED, EACCES, EPERM, ENAMETOOLONG: return nil
        case EAGAIN: throw Fault(.timedOut, "\(path) takes no connection", hint: "see what its program waits for")
        case let error: throw SystemCall.fault(error, "connect to", path)
        }
    }

    /// 0, or the `errno` of connect(2).
    private static func attach(_ descriptor: Int32, _ path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 ? 0 : errno
    }

    /// - Throws: `input-output`.
    package func peer() throws -> Peer {
        var (process, user, group): (Int32, UInt32, UInt32) = (0, 0, 0)
        try SystemCall.check("tell who asks on", file.path) {
            Int(holdfast_peer(file.descriptor, &process, &user, &group))
        }
        return Peer(processID: process, uid: user)
    }

    /// Sends a line; a line feed is added.
    /// - Throws: `timed-out`; `interrupted` when the other side has gone.
    package func send(_ line: [UInt8], within patience: Duration) throws {
        let deadline = BootClock.now() + patience
        var rest = (line + [lineFeed])[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(file.descriptor, $0.baseAddress, $0.count, flags) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT), until: deadline)
            } else if errno != EINTR {
                throw gone()
            }
        }
    }

    /// The next line, without its line feed, and nothing behind it.
    ///
    /// - Parameters:
    ///   - limit: bytes that it may have.
    ///   - waiting: asked several times a second.
    /// - Throws: `wrong-usage` when it is longer, or something follows it; `timed-out`; `interrupted` when the other side ends
    ///   before; what `waiting` throws.
    package func receive(limit: Int, within patience: Duration, waiting: () throws -> Void = {}) throws -> [UInt8] {
        let deadline = BootClock.now() + patience
        var line: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = room.withUnsafeMutableBytes { recv(file.descriptor, $0.baseAddress, $0.count, flags) }
            if count > 0 {
                line += room[..<count]
                guard line.count <= limit + 1 else { throw Fault(.wrongUsage, "a line is longer than \(limit) bytes") }
                if let whole = try Self.whole(line, newBytes: count) { return whole }
            } else if count == 0 {
                throw gone()
            } else if errno == EAGAIN {
                try waiting()
                try wait(for: Int16(POLLIN), until: deadline)
            } else if errno != EINTR {
                throw gone()
            }
        }
    }

    private static func whole(_ line: [UInt8], newBytes: Int) throws -> [UInt8]? {
        guard let end = line[(line.count - newBytes)...].firstIndex(of: lineFeed) else { return nil }
        guard end == line.count - 1 else { throw Fault(.wrongUsage, "something follows the line") }
        return Array(line.dropLast())
    }

    /// Tells the other side that nothing more is wanted; it may still answer.
    package func end() { _ = shutdown(file.descriptor, Int32(SHUT_WR)) }

    /// Whether the other side has gone, or told that it wants nothing more.
    package var isEnded: Bool {
        var look = pollfd(fd: file.descriptor, events: Self.pollEnded, revents: 0)
        return poll(&look, 1, 0) > 0
    }

    /// Whether the other side has closed the connection, as its end does; not when it only told that it wants nothing more.
    package var isGone: Bool {
        // The kernel tells of POLLHUP without being asked. Source: poll(2).
        var look = pollfd(fd: file.descriptor, events: 0, revents: 0)
        return poll(&look, 1, 0) > 0 && look.revents & Int16(POLLHUP) != 0
    }

    private func wait(for events: Int16, until deadline: Duration) throws {
        guard BootClock.now() < deadline else { throw Fault(.timedOut, "nothing more came in time") }
        var look = pollfd(fd: file.descriptor, events: events, revents: 0)
        _ = poll(&look, 1, Self.pollMilliseconds)
    }

    private func gone() -> Fault { Fault(.interrupted, "the other side has gone") }
}

private let lineFeed = UInt8(ascii: "\n")
private let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
