import COpenSSL
import Model

/// What deriving a key from a passphrase costs.
///
/// Source: RFC 7914: memory is 128 × n × r bytes, work is that × p.
package struct ScryptCost: Sendable, Equatable, Codable {
    package var n: UInt64
    package var r: UInt64
    package var p: UInt64

    package init(n: UInt64, r: UInt64, p: UInt64) {
        self.n = n
        self.r = r
        self.p = p
    }

    /// The cost of new slots: 128 MiB.
    package static let standard = ScryptCost(n: 1 << 17, r: 8, p: 1)

    /// What a reader is willing to spend on a slot that somebody else may have written: 1 GiB, four passes.
    static let memoryLimit: UInt64 = 1 << 30

    package var isAcceptable: Bool {
        guard n > 1, n & (n - 1) == 0, n <= 1 << 23, (1...1024).contains(r), (1...4).contains(p) else { return false }
        return 128 * n * r <= Self.memoryLimit
    }

    /// - Throws: `key-damaged` when the cost is past the limits.
    package func derive(passphrase: UnsafeRawBufferPointer, salt: [UInt8], count: Int = 32) throws -> KeyBytes {
        guard isAcceptable else {
            throw Fault(.keyDamaged, "scrypt cost n=\(n) r=\(r) p=\(p) is outside the accepted limits")
        }
        return try KeyBytes(count: count) { output in
            let done = EVP_PBE_scrypt(
                passphrase.bindMemory(to: CChar.self).baseAddress, passphrase.count, salt, salt.count, n, r, p,
                Self.memoryLimit + (64 << 20), output.bindMemory(to: UInt8.self).baseAddress, count)
            guard done == 1 else { throw Fault(.internalError, "scrypt failed: not enough memory") }
        }
    }
}
