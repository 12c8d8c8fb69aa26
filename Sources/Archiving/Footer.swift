/// What the last frame of an object says: where the contents are and how much there is in all.
struct Footer {
    static let length = 24
    /// Bytes of the sealed footer at the end of every object.
    static let storedLength = FrameHeader.length + length + FrameCipher.tagLength

    var contentsOffset: UInt64
    var contentsLength: UInt32
    /// Frames before the contents.
    var frameCount: UInt32
    var objectLength: UInt64

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.put(contentsOffset)
        bytes.put(contentsLength)
        bytes.put(frameCount)
        bytes.put(objectLength)
        return bytes
    }

    init(contentsOffset: UInt64, contentsLength: UInt32, frameCount: UInt32, objectLength: UInt64) {
        self.contentsOffset = contentsOffset
        self.contentsLength = contentsLength
        self.frameCount = frameCount
        self.objectLength = objectLength
    }

    /// - Parameter bytes: 24.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(
            contentsOffset: bytes.number(at: 0), contentsLength: bytes.number(at: 8), frameCount: bytes.number(at: 12),
            objectLength: bytes.number(at: 16))
    }
}
