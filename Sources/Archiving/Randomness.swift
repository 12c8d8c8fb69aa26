import COpenSSL
import Model

/// Bytes from the operating system's generator, by OpenSSL.
package enum Randomness {
    /// - Throws: `internal-error` when the generator fails; nothing may be sealed then.
    package static func fill(_ buffer: UnsafeMutableRawBufferPointer) throws {
        guard RAND_bytes(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(buffer.count)) == 1 else {
            throw Fault(.internalError, "the system gives no random bytes")
        }
    }

    package static func bytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try fill($0) }
        return bytes
    }

    package static func key(_ count: Int = 32) throws -> KeyBytes { try KeyBytes(count: count) { try fill($0) } }
}
