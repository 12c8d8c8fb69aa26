import Glibc

/// Bytes that are overwritten when the last reference goes; kept out of descriptions and core dumps where possible.
package final class SecretBytes: Sendable, CustomStringConvertible {
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    package init(_ bytes: some Collection<UInt8>) {
        storage = .allocate(byteCount: max(1, bytes.count), alignment: 16)
        storage.copyBytes(from: bytes)
        count = bytes.count
        madvise(storage.baseAddress, storage.count, MADV_DONTDUMP)
    }

    deinit {
        if let base = storage.baseAddress { explicit_bzero(base, storage.count) }
        storage.deallocate()
    }

    package let count: Int

    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
    }

    package var description: String { "(secret)" }
}
