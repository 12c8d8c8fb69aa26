import Glibc

/// Hears what a service tells systemd: the other end of its notification socket.
final class ServiceManager {
    let path: String
    private let descriptor: Int32
    private(set) var heard: [String] = []

    init(_ folder: PrivateFolder) throws {
        path = "\(folder.path)/notify"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in room.copyBytes(from: path.utf8.prefix(room.count - 1)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw Unexpected("cannot listen on \(path)") }
    }

    deinit { close(descriptor) }

    /// Takes in what has come; to be called often, since the kernel keeps only a few.
    /// - Returns: all lines so far.
    @discardableResult
    func listen() -> [String] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
            heard += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
        }
        return heard
    }
}
