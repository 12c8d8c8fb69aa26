extension Collection where Element == UInt8, Index == Int {
    /// The big-endian number `offset` bytes after the start.
    func big32(_ offset: Int) -> UInt32 {
        let start = startIndex + offset
        return UInt32(self[start]) << 24 | UInt32(self[start + 1]) << 16 | UInt32(self[start + 2]) << 8
            | UInt32(self[start + 3])
    }

    /// The number `offset` bytes after the start, in this machine's byte order.
    func native32(_ offset: Int) -> UInt32 {
        let value = big32(offset)
        return Int(littleEndian: 1) == 1 ? value.byteSwapped : value
    }
}
