import COpenSSL
import Model

/// SHA-256, HMAC-SHA256 and HKDF-SHA256.
package enum Digests {
    package static let length = 32

    package static func sha256(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        guard EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil) == 1 else {
            throw Fault(.internalError, "sha-256 failed")
        }
        return digest
    }

    /// Source: RFC 2104.
    package static func hmac(key: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer) throws -> [UInt8] {
        var code = [UInt8](repeating: 0, count: length)
        // OpenSSL takes a null key for "the key of before", never for an empty one.
        let done = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { empty in
            HMAC(
                EVP_sha256(), key.baseAddress ?? UnsafeRawPointer(empty.baseAddress), Int32(key.count),
                bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &code, nil)
        }
        guard done != nil else { throw Fault(.internalError, "hmac-sha256 failed") }
        return code
    }

    /// Source: RFC 5869.
    ///
    /// - Parameter count: at most 255 × 32.
    package static func hkdf(secret: UnsafeRawBufferPointer, salt: [UInt8], info: [UInt8], count: Int) throws
        -> KeyBytes
    {
        precondition(count <= 255 * length)
        var extracted = try salt.withUnsafeBytes { try hmac(key: $0, secret) }
        defer { wipe(&extracted) }
        return try KeyBytes(count: count) { output in
            var block: [UInt8] = []
            var done = 0
            var counter: UInt8 = 1
            while done < count {
                var input = block + info + [counter]
                block = try input.withUnsafeBytes { input in
                    try extracted.withUnsafeBytes { try hmac(key: $0, input) }
                }
                wipe(&input)
                let part = min(length, count - done)
                output.put(Array(block[..<part]), at: done)
                done += part
                counter &+= 1
            }
            wipe(&block)
        }
    }

    /// Compares in a time that depends on the length only.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}
