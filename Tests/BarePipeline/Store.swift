import CISAL
import CXXHash
import Synchronization

/// Packs a file.
///
/// - Returns: a line with the sum of the page hashes, which keeps them from being left out.
func store(_ source: String, as packed: String) throws -> String {
    let input = try File(reading: source)
    let output = try File(creating: packed)
    let length = try input.length()
    let blocks = PackedFile.blocks(of: length)
    let places = Mutex([PackedFile.Place](repeating: PackedFile.Place(), count: blocks))
    let end = Atomic(0)
    let hashes = Atomic<UInt64>(0)
    try Workers.share(blocks) { next in
        let packer = try Packer()
        while let block = next() {
            let plain = packer.plain.first(PackedFile.plainLength(of: block, in: length))
            try input.read(into: plain, at: block * PackedFile.blockLength)
            hashes.wrappingAdd(hashOfPages(UnsafeRawBufferPointer(plain)), ordering: .relaxed)
            let sealed = try packer.pack(plain, block: block)
            let offset = end.add(sealed.count, ordering: .relaxed).oldValue
            try output.write(sealed, at: offset)
            places.withLock { $0[block] = .init(offset: UInt64(offset), length: UInt64(sealed.count)) }
        }
    }
    let stored = end.load(ordering: .relaxed)
    try PackedFile.finish(output, at: stored, places.withLock { $0 }, sourceLength: length)
    return "bytes=\(length) stored=\(stored) hashes=\(hashes.load(ordering: .relaxed))"
}

private let secret = [UInt8](0..<192)

private func hashOfPages(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var sum: UInt64 = 0
    for start in stride(from: 0, to: bytes.count, by: 4096) {
        let hash = holdfast_xxh3_128(
            bytes.baseAddress?.advanced(by: start), min(4096, bytes.count - start), secret, secret.count)
        sum &+= hash.low64 ^ hash.high64
    }
    return sum
}

/// Codec, cipher and memory of one thread.
private final class Packer {
    let plain = Buffer(PackedFile.blockLength)
    private let packed = Buffer(PackedFile.blockLength + 4096)
    private let level = Buffer(Int(holdfast_isal_level1_buffer_size))
    private let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
    private let cipher: Cipher

    init() throws { cipher = try Cipher(sealing: true) }

    deinit { stream.deallocate() }

    func pack(_ plain: UnsafeMutableRawBufferPointer, block: Int) throws -> UnsafeRawBufferPointer {
        isal_deflate_stateless_init(stream)
        stream.pointee.level = 1
        stream.pointee.level_buf = level.bytes.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.level_buf_size = UInt32(level.bytes.count)
        stream.pointee.gzip_flag = UInt16(IGZIP_ZLIB)
        stream.pointee.end_of_stream = 1
        stream.pointee.flush = UInt16(NO_FLUSH)
        stream.pointee.next_in = plain.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(plain.count)
        stream.pointee.next_out = packed.bytes.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(packed.bytes.count - Cipher.tagLength)
        guard isal_deflate_stateless(stream) == COMP_OK else { throw Failure(text: "cannot compress block \(block)") }
        let sealed = packed.first(Int(stream.pointee.total_out) + Cipher.tagLength)
        try cipher.seal(sealed, block: block)
        return UnsafeRawBufferPointer(sealed)
    }
}
