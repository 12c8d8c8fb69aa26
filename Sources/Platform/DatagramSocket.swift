import CLinux
import Glibc
import Model

/// Sends datagrams to Unix sockets.
package struct DatagramSocket: Sendable {
    private let file: File

    /// - Parameter patienceSeconds: how long a send waits for a reader that is behind.
    /// - Throws: `input-output`.
    package init(patienceSeconds: Int) throws {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = try SystemCall.check("make", "a socket") { Int(socket(AF_UNIX, type, 0)) }
        file = File(descriptor: Int32(descriptor), path: "a datagram socket")
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = setsockopt(file.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    /// Sends one datagram to the socket of that path. What is too long for one goes as a sealed file in memory, as the
    /// journal takes it.
    ///
    /// - Returns: false when nobody listens there.
    /// - Throws: `timed-out` when the reader stays behind; `input-output`, `not-permitted`.
    package func send(_ bytes: [UInt8], to path: String) throws -> Bool {
        if holdfast_send_datagram(file.descriptor, path, bytes, bytes.count) == 0 { return true }
        switch errno {
        case ENOENT, ENOTDIR, ECONNREFUSED, ENAMETOOLONG: return false
        case EAGAIN: throw Fault(.timedOut, "\(path) takes no more datagrams", hint: "see what its reader waits for")
        case let error: throw SystemCall.fault(error, "send to", path)
        }
    }
}
