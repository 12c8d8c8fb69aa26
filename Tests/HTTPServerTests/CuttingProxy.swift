import Glibc
import Model
import Platform
import Synchronization

/// A Unix socket in front of another that breaks each connection after so many bytes of the answer, in any place of it.
final class CuttingProxy: Sendable {
    let path: String
    private let target: String
    private let listener: Int32
    private let cuts: Mutex<[Int]>

    /// - Parameter cuts: bytes of the answer that pass, a connection each; those after the last pass whole.
    init(_ path: String, to target: String, cuts: [Int]) throws {
        self.path = path
        self.target = target
        self.cuts = Mutex(cuts)
        listener = try RawClient.bind(path)
        guard listen(listener, 16) == 0 else { throw Fault(.inputOutput, "cannot listen on \(path)") }
        Threads.start("proxy") { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                let limit = self.cuts.withLock { $0.isEmpty ? Int.max : $0.removeFirst() }
                Threads.start("proxy connection") { [self] in carry(client, limit) }
            }
        }
    }

    /// Connections that are still to be cut.
    var cutsLeft: Int { cuts.withLock { $0.count } }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    private func carry(_ client: Int32, _ limit: Int) {
        defer { Glibc.close(client) }
        var request = ""
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while !request.contains("\r\n\r\n") {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            request += String(decoding: buffer[..<count], as: UTF8.self)
        }
        guard let server = try? RawClient.send(target, request) else { return }
        defer { Glibc.close(server) }
        var left = limit
        while left > 0 {
            let count = min(left, recv(server, &buffer, buffer.count, 0))
            guard count > 0, send(client, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
            left -= count
        }
    }
}
