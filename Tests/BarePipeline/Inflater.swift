import CDeflate
import CISAL
import CZlib

/// Unpacks blocks in zlib format; for one thread.
final class Inflater {
    enum Kind: String, CaseIterable {
        case isal = "isa-l"
        case zlib
        case libdeflate
    }

    private let kind: Kind
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private let decompressor = libdeflate_alloc_decompressor()

    init(_ kind: Kind) { self.kind = kind }

    deinit {
        libdeflate_free_decompressor(decompressor)
        state.deallocate()
    }

    /// - Returns: whether `packed` is a stream of exactly `output.count` bytes.
    func inflate(_ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        switch kind {
        case .isal: inflateByISAL(packed, into: output)
        case .zlib: inflateByZlib(packed, into: output)
        case .libdeflate: inflateByLibdeflate(packed, into: output)
        }
    }

    private func inflateByISAL(_ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        isal_inflate_init(state)
        state.pointee.crc_flag = UInt32(ISAL_ZLIB)
        state.pointee.next_in = UnsafeMutablePointer(mutating: packed.bindMemory(to: UInt8.self).baseAddress)
        state.pointee.avail_in = UInt32(packed.count)
        state.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        state.pointee.avail_out = UInt32(output.count)
        return isal_inflate(state) == ISAL_DECOMP_OK && state.pointee.total_out == UInt32(output.count)
    }

    private func inflateByZlib(_ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        var length = uLongf(output.count)
        let status = uncompress(
            output.bindMemory(to: UInt8.self).baseAddress, &length, packed.bindMemory(to: UInt8.self).baseAddress,
            uLong(packed.count))
        return status == Z_OK && length == uLongf(output.count)
    }

    private func inflateByLibdeflate(
        _ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        // Without a place for the length, anything but exactly `output.count` bytes is an error.
        libdeflate_zlib_decompress(
            decompressor, packed.baseAddress, packed.count, output.baseAddress, output.count, nil)
            == LIBDEFLATE_SUCCESS
    }
}
