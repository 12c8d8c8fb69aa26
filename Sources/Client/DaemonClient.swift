internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization
internal import Wire

/// Talks to the daemon over its Unix socket, one connection a request. Throws only `Fault`.
package struct DaemonClient: Sendable {
    package let socket: String

    package init(socket: String) { self.socket = socket }

    /// The whole answer as a value.
    func value<Value: Decodable & Sendable>(_ type: Value.Type, _ request: ClientRequest) async throws -> Value {
        let bytes = Mutex<[UInt8]>([])
        try await Exchange(socket: socket, request: request).run { chunk in
            bytes.withLock { $0 += chunk.readableBytesView }
            return true
        }
        do {
            return try WireCoding.decode(type, from: bytes.withLock { $0 })
        } catch {
            throw Fault(
                .internalError, "cannot understand the daemon's answer", hint: "use the same version of both",
                cause: error)
        }
    }

    func items<Item: Codable & Sendable>(_ type: Item.Type, _ request: ClientRequest) async throws -> [Item] {
        try await value(Listing<Item>.self, request).items
    }

    /// Hands each event's value to `each`, until that returns false or the stream ends.
    func follow<Value: Decodable & Sendable>(
        _ type: Value.Type, _ request: ClientRequest, each: @escaping @Sendable (Value) async throws -> Bool
    ) async throws {
        let reader = Mutex(EventReader())
        var request = request
        request.query.append(("follow", "1"))
        try await Exchange(socket: socket, request: request).run { chunk in
            for event in try reader.withLock({ try $0.read(chunk) }) where !event.data.isEmpty {
                guard try await each(WireCoding.decode(type, from: event.data.utf8)) else { return false }
            }
            return true
        }
    }
}
