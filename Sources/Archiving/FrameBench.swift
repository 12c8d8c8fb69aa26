package import Model

/// What one worker needs to seal and open frames: codec, cipher and working memory, used again for every frame.
///
/// For one thread at a time, for any number of objects.
package final class FrameBench {
    package let compression: Compression
    let cipher: FrameCipher
    lazy var compressor = Compressor(compression)
    lazy var inflater = Inflater()
    private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// - Parameter compression: of the frames it seals.
    package init(compression: Compression = .fast) throws {
        self.compression = compression
        cipher = try FrameCipher()
    }

    deinit { scratch.deallocate() }

    /// Working memory of exactly `count` bytes; overwritten by the next call.
    func scratch(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if scratch.count < count {
            scratch.deallocate()
            scratch = .allocate(byteCount: max(count, 512 << 10), alignment: 64)
        }
        return UnsafeMutableRawBufferPointer(rebasing: scratch[..<count])
    }
}
