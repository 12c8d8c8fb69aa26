import CISAL
import CZlib
import Glibc

/// Unpacks blocks in zlib format; for one thread.
final class Inflater {
    enum Kind: String, CaseIterable {
        case isal = "isa-l"
        case zlib
        case libdeflate
    }

    private let kind: Kind
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private let library: Libdeflate?

    /// - Throws: when the library is not installed.
    init(_ kind: Kind) throws {
        self.kind = kind
        library = kind == .libdeflate ? try Libdeflate() : nil
    }

    deinit { state.deallocate() }

    /// - Returns: whether `packed` is a stream of exactly `output.count` bytes.
    func inflate(_ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        switch kind {
        case .isal: inflateByISAL(packed, into: output)
        case .zlib: inflateByZlib(packed, into: output)
        case .libdeflate: library?.inflate(packed, into: output) ?? false
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
}

/// libdeflate, loaded when it is installed, so that building needs nothing of it.
private final class Libdeflate {
    private typealias Make = @convention(c) () -> OpaquePointer?
    private typealias Free = @convention(c) (OpaquePointer?) -> Void
    private typealias Decompress =
        @convention(c) (
            OpaquePointer?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<Int>?
        ) -> Int32

    private let decompressor: OpaquePointer
    private let free: Free
    private let decompress: Decompress

    init() throws {
        guard let library = dlopen("libdeflate.so.0", RTLD_NOW),
            let make = dlsym(library, "libdeflate_alloc_decompressor"),
            let free = dlsym(library, "libdeflate_free_decompressor"),
            let decompress = dlsym(library, "libdeflate_zlib_decompress"),
            let decompressor = unsafeBitCast(make, to: Make.self)()
        else { throw Failure(text: "libdeflate is not installed") }
        self.decompressor = decompressor
        self.free = unsafeBitCast(free, to: Free.self)
        self.decompress = unsafeBitCast(decompress, to: Decompress.self)
    }

    deinit { free(decompressor) }

    func inflate(_ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        var length = 0
        let status = decompress(
            decompressor, packed.baseAddress, packed.count, output.baseAddress, output.count, &length)
        return status == 0 && length == output.count
    }
}
