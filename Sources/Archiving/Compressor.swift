import CDeflate
import CISAL
package import Model

/// Packs blocks in zlib format into the caller's buffers; for one thread at a time.
///
/// Its working memory lives as long as it does, so nothing is allocated per block: about 0.3 MiB, and 9 MiB more once a
/// block was packed small.
package final class Compressor {
    package let compression: Compression

    private let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
    private let levelBuffer: UnsafeMutablePointer<UInt8>
    private let levelBufferSize = holdfast_isal_level1_buffer_size
    private var small: OpaquePointer?

    package init(_ compression: Compression) {
        self.compression = compression
        levelBuffer = .allocate(capacity: levelBufferSize)
    }

    deinit {
        libdeflate_free_compressor(small)
        stream.deallocate()
        levelBuffer.deallocate()
    }

    /// The most bytes that a packed block of `plain` bytes may have, so that unpacking it pays: 95 %.
    package static func limit(plain: Int) -> Int { plain - (plain + 19) / 20 }

    /// Packs `plain` into the start of `output`; nil, with `output` undefined, when raw is to be stored instead.
    ///
    /// - Parameter output: at least `limit(plain:)` bytes.
    package func pack(_ plain: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws -> Int? {
        let limit = Self.limit(plain: plain.count)
        precondition(output.count >= limit)
        guard plain.count >= 64 else { return nil }
        let room = UnsafeMutableRawBufferPointer(rebasing: output[..<limit])
        switch compression {
        case .off: return nil
        case .fast: return try packFast(plain, into: room)
        case .small: return try packSmall(plain, into: room)
        }
    }

    private func packFast(_ plain: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) throws -> Int? {
        isal_deflate_stateless_init(stream)
        stream.pointee.level = 1
        stream.pointee.level_buf = levelBuffer
        stream.pointee.level_buf_size = UInt32(levelBufferSize)
        stream.pointee.gzip_flag = UInt16(IGZIP_ZLIB)
        stream.pointee.end_of_stream = 1
        stream.pointee.flush = UInt16(NO_FLUSH)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: plain.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(plain.count)
        stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(room.count)
        switch isal_deflate_stateless(stream) {
        case COMP_OK: return Int(stream.pointee.total_out)
        case STATELESS_OVERFLOW: return nil
        default: throw Fault(.internalError, "isa-l failed to compress")
        }
    }

    /// libdeflate's level 10 is the first that weighs the ways to write a block against each other: about a tenth smaller
    /// than zlib can at any level. Those above it win half a percent for another third of the time.
    private func packSmall(_ plain: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) throws -> Int? {
        let compressor = try smallCompressor()
        let count = libdeflate_zlib_compress(compressor, plain.baseAddress, plain.count, room.baseAddress, room.count)
        return count == 0 ? nil : count
    }

    private func smallCompressor() throws -> OpaquePointer {
        if let small { return small }
        guard let made = libdeflate_alloc_compressor(10) else {
            throw Fault(.internalError, "libdeflate has no memory to compress")
        }
        small = made
        return made
    }
}
