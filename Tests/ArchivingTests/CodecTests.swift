import Archiving
import CZlib
import Model
import Testing

@Suite struct CodecTests {
    private static let sizes = [64, 65, 100, 511, 4096, 65_536, 262_144, 1_000_003]

    @Test(arguments: sizes, [Compression.fast, .small]) func everyZlibReadsWhatIsPacked(
        _ size: Int, _ compression: Compression
    ) throws {
        var random = SeededGenerator(seed: UInt64(size))
        let plain = random.rows(size)
        guard let packed = try pack(plain, compression) else {
            #expect(size <= 100)
            return
        }
        #expect(packed.count <= Compressor.limit(plain: size))
        var unpacked = [UInt8](repeating: 0, count: size)
        var length = UInt(size)
        #expect(uncompress(&unpacked, &length, packed, UInt(packed.count)) == Z_OK)
        #expect(length == UInt(size))
        #expect(unpacked == plain)
        #expect(unpack(packed, size) == plain)
    }

    @Test(arguments: sizes, [0, 1, 6, 9]) func whatAnyZlibPackedIsRead(_ size: Int, _ level: Int32) {
        var random = SeededGenerator(seed: UInt64(size))
        let plain = random.rows(size)
        var length = compressBound(UInt(size))
        var packed = [UInt8](repeating: 0, count: Int(length))
        #expect(compress2(&packed, &length, plain, UInt(size), level) == Z_OK)
        #expect(unpack(Array(packed[..<Int(length)]), size) == plain)
    }

    @Test func lengthsOtherThanTheStatedAreRefused() throws {
        var random = SeededGenerator(seed: 3)
        let plain = random.rows(10_000)
        let packed = try #require(try pack(plain, .fast))
        #expect(unpack(packed, 9_999) == nil)
        #expect(unpack(packed, 1) == nil)
        #expect(unpack(packed, 0) == nil)
        #expect(unpack(packed, 10_001) == nil)
        for added in 1...20 { #expect(unpack(packed + [UInt8](repeating: 0, count: added), 10_000) == nil) }
        for missing in 1...20 { #expect(unpack(packed.dropLast(missing), 10_000) == nil) }
        #expect(unpack([], 10_000) == nil)
    }

    @Test func wrongChecksumsAndStreamsAreRefused() throws {
        var random = SeededGenerator(seed: 4)
        let packed = try #require(try pack(random.rows(10_000), .fast))
        for offset in [0, 1, packed.count - 1, packed.count - 4] {
            var bytes = packed
            bytes[offset] ^= 1
            #expect(unpack(bytes, 10_000) == nil, "byte \(offset)")
        }
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            #expect(unpack(random.bytes(500), 10_000) == nil, "seed \(seed)")
        }
    }

    @Test func whatDoesNotShrinkStaysRaw() throws {
        var random = SeededGenerator(seed: 5)
        for compression in Compression.allCases {
            #expect(try pack(random.bytes(262_144), compression) == nil)
        }
        #expect(try pack(random.rows(262_144), .off) == nil)
    }

    @Test func aCompressorIsUsedAgainAfterABlockThatDidNotFit() throws {
        var random = SeededGenerator(seed: 6)
        for compression in [Compression.fast, .small] {
            let compressor = Compressor(compression)
            for round in 0..<6 {
                let plain = round.isMultiple(of: 2) ? random.bytes(50_000) : random.rows(50_000)
                let packed = try pack(plain, by: compressor)
                #expect((packed == nil) == round.isMultiple(of: 2))
                if let packed { #expect(unpack(packed, 50_000) == plain) }
            }
        }
    }

    private func pack(_ plain: [UInt8], _ compression: Compression) throws -> [UInt8]? {
        try pack(plain, by: Compressor(compression))
    }

    private func pack(_ plain: [UInt8], by compressor: Compressor) throws -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: plain.count)
        let count = try plain.withUnsafeBytes { plain in
            try output.withUnsafeMutableBytes { try compressor.pack(plain, into: $0) }
        }
        return count.map { Array(output[..<$0]) }
    }

    private func unpack(_ packed: [UInt8], _ size: Int) -> [UInt8]? {
        // A guard behind the output shows that nothing is written past it.
        var output = [UInt8](repeating: 0xa5, count: size + 64)
        let done = packed.withUnsafeBytes { packed in
            output.withUnsafeMutableBytes {
                Inflater().unpack(packed, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<size]))
            }
        }
        #expect(output[size...].allSatisfy { $0 == 0xa5 })
        return done ? Array(output[..<size]) : nil
    }
}
