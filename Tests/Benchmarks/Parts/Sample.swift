import StorageTestSupport

/// Rows as a business keeps them; the same in every run.
enum Sample {
    static let pageSize = 4096
    /// Bytes of a frame.
    static let blockLength = 256 << 10
    static let block = rows(blockLength)
    static let page = Array(block[..<pageSize])

    private static func rows(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 1)
        let words = (0..<400).map { _ in
            String(decoding: (0..<Int.random(in: 3...10, using: &random)).map { _ in letter(&random) }, as: UTF8.self)
        }
        var bytes: [UInt8] = []
        while bytes.count < count {
            let remark = (0..<20).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
            let numbers = "\(random.next() % 1_000_000)|\(String(random.next(), radix: 36))|"
            bytes += Array((numbers + remark.joined(separator: " ")).utf8)
        }
        return Array(bytes[..<count])
    }

    private static func letter(_ random: inout SeededGenerator) -> UInt8 {
        UInt8(ascii: "a") + UInt8.random(in: 0..<26, using: &random)
    }
}

/// Working memory that goes with its owner.
final class Memory {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: 64) }
    deinit { bytes.deallocate() }

    func first(_ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
    }
}
