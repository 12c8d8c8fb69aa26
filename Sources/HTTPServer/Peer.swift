internal import Glibc
internal import Model
internal import NIOCore
internal import Platform

/// Who is at the other end of a connection over a Unix socket.
enum Peer {
    /// `struct ucred`, which Glibc shows only with `_GNU_SOURCE`. Source: unix(7), SO_PEERCRED.
    private struct Credentials: Sendable {
        var pid: Int32
        var uid: UInt32
        var gid: UInt32
    }

    private static let peerCredentials = NIOBSDSocket.Option(rawValue: 17)

    /// The user as of the moment of connecting, as the kernel tells it.
    ///
    /// - Throws: `not-permitted` for a connection without one.
    static func actor(of channel: any Channel) async throws -> Actor {
        guard let provider = channel as? any SocketOptionProvider else {
            throw Fault(.notPermitted, "cannot tell who is calling")
        }
        let credentials: Credentials = try await provider.unsafeGetSocketOption(
            level: .socket, name: peerCredentials
        ).get()
        return .user(uid: credentials.uid, name: Users.name(uid: credentials.uid))
    }
}
