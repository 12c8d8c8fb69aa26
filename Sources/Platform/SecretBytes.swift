import Glibc

/// Bytes that are overwritten when the last reference goes; kept out of descriptions and core dumps where possible.
package final class SecretBytes: Sendable, CustomStringConvertible {
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    package init(_ bytes: some Collection<UInt8>) {
        // Whole pages: madvise(2) takes nothing less.
        let pages = max(1, (bytes.count + Self.pageSize - 1) / Self.pageSize)
        storage = .allocate(byteCount: pages * Self.pageSize, alignment: Self.pageSize)
        storage.copyBytes(from: bytes)
        count = bytes.count
        madvise(storage.baseAddress, storage.count, MADV_DONTDUMP)
    }

    deinit {
        if let base = storage.baseAddress { explicit_bzero(base, storage.count) }
        madvise(storage.baseAddress, storage.count, MADV_DODUMP)
        storage.deallocate()
    }

    package let count: Int

    private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
    }

    package var description: String { "(secret)" }
}
