import CISAL

/// Unpacks blocks in zlib format into the caller's buffers, by ISA-L; for one thread at a time.
package final class Inflater {
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)

    package init() {}

    deinit { state.deallocate() }

    /// Whether `packed` is one whole zlib stream of exactly `output.count` bytes with the right checksum.
    ///
    /// Never writes past `output`; what it holds is undefined when the answer is false.
    package func unpack(_ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        isal_inflate_init(state)
        state.pointee.crc_flag = UInt32(ISAL_ZLIB)
        state.pointee.next_in = UnsafeMutablePointer(mutating: packed.bindMemory(to: UInt8.self).baseAddress)
        state.pointee.avail_in = UInt32(packed.count)
        state.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        state.pointee.avail_out = UInt32(output.count)
        guard isal_inflate(state) == ISAL_DECOMP_OK else { return false }
        // ISA-L reads ahead into `read_in`: whole bytes left there follow the stream.
        return state.pointee.block_state == ISAL_BLOCK_FINISH && state.pointee.avail_out == 0
            && state.pointee.avail_in == 0 && state.pointee.read_in_length < 8
            && state.pointee.total_out == UInt32(output.count)
    }
}
