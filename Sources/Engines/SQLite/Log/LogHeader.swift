/// The 32 bytes at the start of a write-ahead log, and the checksum its frames are chained by.
/// Source: sqlite.org/fileformat2.html §4.1 and §4.2.
struct LogHeader: Equatable {
    static let length = 32
    static let frameHeaderLength = 24

    let pageSize: Int
    /// Both salts, as stored.
    private(set) var salts: [UInt8]
    /// Of the header itself: where the chain begins.
    let checksum: LogChecksum
    let isBigEndian: Bool

    /// Nil when these are not the first bytes of a valid log.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.length, bytes.big32(0) & ~1 == 0x377F_0682, bytes.big32(4) == 3_007_000 else {
            return nil
        }
        let pageSize = Int(bytes.big32(8))
        guard (512...65_536).contains(pageSize), pageSize & (pageSize - 1) == 0 else { return nil }
        self.pageSize = pageSize
        salts = Array(bytes[16..<24])
        isBigEndian = bytes.big32(0) & 1 == 1
        var checksum = LogChecksum()
        bytes.withUnsafeBytes {
            checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<24]), bigEndian: bytes[3] & 1 == 1)
        }
        guard checksum == LogChecksum(bytes.big32(24), bytes.big32(28)) else { return nil }
        self.checksum = checksum
    }

    /// The header of another generation of the same log, its checksum of no meaning.
    func with(salts: [UInt8]) -> LogHeader {
        var other = self
        other.salts = salts
        return other
    }

    var frameLength: Int { Self.frameHeaderLength + pageSize }

    /// Where the page of a frame (numbered from 1) is in the file.
    func pageOffset(of frame: UInt32) -> Int64 {
        Int64(Self.length) + Int64(frame - 1) * Int64(frameLength) + Int64(Self.frameHeaderLength)
    }
}

/// The Fibonacci-weighted running sum of a log.
struct LogChecksum: Equatable {
    private(set) var first: UInt32
    private(set) var second: UInt32

    init(_ first: UInt32 = 0, _ second: UInt32 = 0) {
        self.first = first
        self.second = second
    }

    /// - Parameter bytes: a multiple of 8.
    mutating func add(_ bytes: UnsafeRawBufferPointer, bigEndian: Bool) {
        var sum0 = first
        var sum1 = second
        var offset = 0
        while offset + 8 <= bytes.count {
            let word0 = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            let word1 = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            sum0 &+= (bigEndian ? UInt32(bigEndian: word0) : UInt32(littleEndian: word0)) &+ sum1
            sum1 &+= (bigEndian ? UInt32(bigEndian: word1) : UInt32(littleEndian: word1)) &+ sum0
            offset += 8
        }
        first = sum0
        second = sum1
    }
}
