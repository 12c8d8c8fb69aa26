import COpenSSL

/// Secret bytes that are overwritten when the last owner lets go.
///
/// They never appear in a description.
package final class KeyBytes: @unchecked Sendable, CustomStringConvertible {
    // Unchecked: written only by the initialisers, read-only from then on.
    private let storage: UnsafeMutableRawBufferPointer

    /// Copies `bytes`; the caller wipes its own copy.
    package init(copying bytes: UnsafeRawBufferPointer) {
        storage = .allocate(byteCount: bytes.count, alignment: 16)
        storage.copyMemory(from: bytes)
    }

    package convenience init(copying bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// `count` bytes that `fill` writes.
    package init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        storage = .allocate(byteCount: count, alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        try fill(storage)
    }

    deinit {
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    package var count: Int { storage.count }
    package var description: String { "KeyBytes(\(count))" }

    /// - Parameter body: must not let the pointer escape.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(storage)) }
    }
}
