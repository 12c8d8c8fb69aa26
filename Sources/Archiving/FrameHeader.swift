import Model

/// The 32 bytes before every sealed frame, in the clear and bound by its seal.
struct FrameHeader: Sendable, Equatable {
    static let length = 32
    static let magic: [UInt8] = Array("HFF1".utf8)

    var kind: FrameKind
    var codec: Codec
    var index: UInt32
    var plainLength: Int
    /// Ciphertext and tag.
    var sealedLength: Int

    /// Bytes of header, ciphertext and tag.
    var storedLength: Int { Self.length + sealedLength }

    init(kind: FrameKind, codec: Codec, index: UInt32, plainLength: Int, sealedLength: Int) {
        self.kind = kind
        self.codec = codec
        self.index = index
        self.plainLength = plainLength
        self.sealedLength = sealedLength
    }

    /// Checks everything that can be checked before the seal is opened, so that no length read here is trusted too far.
    init(_ bytes: UnsafeRawBufferPointer, label: ObjectLabel) throws {
        guard bytes.count == Self.length, bytes.bytes(at: 0, count: 3) == Array(Self.magic.prefix(3)) else {
            throw label.damaged("no frame where one has to be")
        }
        guard bytes[3] == Self.magic[3] else { throw label.tooNew("unknown frame version") }
        guard let kind = FrameKind(rawValue: bytes[4]) else { throw label.tooNew("unknown frame kind \(bytes[4])") }
        guard let codec = Codec(rawValue: bytes[5]) else { throw label.tooNew("unknown codec \(bytes[5])") }
        guard bytes.isZero(at: 6, count: 2) else { throw label.tooNew("unknown frame flags") }
        guard bytes.isZero(at: 20, count: 12) else { throw label.tooNew("reserved frame bytes are in use") }
        self.init(
            kind: kind, codec: codec, index: bytes.number(at: 8), plainLength: Int(bytes.number(at: 12) as UInt32),
            sealedLength: Int(bytes.number(at: 16) as UInt32))
        guard plainLength <= kind.plainLimit else { throw label.damaged("frame \(index) is too long") }
        let packedLength = sealedLength - FrameCipher.tagLength
        let fits = codec == .raw ? packedLength == plainLength : packedLength > 0 && packedLength < plainLength
        guard fits else { throw label.damaged("frame \(index) has lengths that do not fit") }
    }

    func write(to bytes: UnsafeMutableRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: bytes[..<Self.length]).initializeMemory(as: UInt8.self, repeating: 0)
        bytes.put(Self.magic, at: 0)
        bytes[4] = kind.rawValue
        bytes[5] = codec.rawValue
        bytes.put(index, at: 8)
        bytes.put(UInt32(plainLength), at: 12)
        bytes.put(UInt32(sealedLength), at: 16)
    }
}
