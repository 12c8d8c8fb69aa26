package import Model

/// What one worker needs to seal and open frames: codec, cipher and working memory, used again for every frame.
///
/// For one thread at a time, for any number of objects.
package final class FrameBench {
    package let compression: Compression
    let cipher: FrameCipher
    lazy var compressor = Compressor(compression)
    lazy var inflater = Inflater()
    private var sealed = WorkingMemory()
    private var plain = WorkingMemory()

    /// - Parameter compression: of the frames it seals.
    package init(compression: Compression = .fast) throws {
        self.compression = compression
        cipher = try FrameCipher()
    }

    /// Working memory for `count` sealed bytes; overwritten by the next call.
    func sealedMemory(_ count: Int) -> UnsafeMutableRawBufferPointer { sealed.bytes(count) }

    /// Working memory for `count` plain bytes; overwritten by the next call.
    func plainMemory(_ count: Int) -> UnsafeMutableRawBufferPointer { plain.bytes(count) }
}

/// A buffer that grows and is never given back before its owner goes.
private struct WorkingMemory: ~Copyable {
    private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit { buffer.deallocate() }

    mutating func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if buffer.count < count {
            buffer.deallocate()
            buffer = .allocate(byteCount: max(count, 512 << 10), alignment: 64)
        }
        return UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    }
}
