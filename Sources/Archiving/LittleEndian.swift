// Every integer of the repository format is little-endian.

extension UnsafeMutableRawBufferPointer {
    func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
        storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }

    func put(_ bytes: [UInt8], at offset: Int) {
        UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + bytes.count]).copyBytes(from: bytes)
    }
}

extension UnsafeRawBufferPointer {
    func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Number.Type = Number.self)
        -> Number
    {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }

    func bytes(at offset: Int, count: Int) -> [UInt8] { Array(self[offset..<offset + count]) }

    /// Whether `count` bytes from `offset` on are all zero.
    func isZero(at offset: Int, count: Int) -> Bool { self[offset..<offset + count].allSatisfy { $0 == 0 } }
}

extension [UInt8] {
    mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
