/// The keyed hash of a page: finds changes; integrity comes from the seal.
package struct PageHash: Sendable, Hashable {
    package var low: UInt64
    package var high: UInt64

    /// Bytes of one hash in a repository: low half, high half, each little-endian.
    package static let length = 16

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    package init(from bytes: UnsafeRawBufferPointer, at offset: Int) {
        low = bytes.number(at: offset)
        high = bytes.number(at: offset + 8)
    }

    package func write(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        bytes.put(low, at: offset)
        bytes.put(high, at: offset + 8)
    }
}
