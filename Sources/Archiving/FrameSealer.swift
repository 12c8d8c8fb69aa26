import Model
import Synchronization

/// A sealed frame in the caller's buffer, on its way to the appender.
package struct SealedFrame: Sendable {
    /// Position among the frames of its object.
    package let index: UInt32
    package let kind: FrameKind
    package let plainLength: Int
    /// Bytes of the buffer that are the frame: header, ciphertext and tag.
    package let storedLength: Int
    /// The salt of the object that it belongs to.
    let salt: [UInt8]
}

/// Seals the frames of one object, on any number of threads at once.
///
/// Every call takes an index of its own, so a nonce is never used twice; a frame that was sealed must be appended, or the
/// writer refuses to finish.
package final class FrameSealer: Sendable {
    private let header: EnvelopeHeader
    private let key: KeyBytes
    private let label: ObjectLabel
    private let nextIndex = Atomic<UInt64>(0)
    private let indexLimit: UInt64

    init(header: EnvelopeHeader, key: KeyBytes, label: ObjectLabel, indexLimit: UInt32) {
        self.header = header
        self.key = key
        self.label = label
        self.indexLimit = UInt64(indexLimit)
    }

    /// Whether the frame was sealed for this object.
    func made(_ frame: SealedFrame) -> Bool { frame.salt == header.salt }

    /// Indices that were handed out.
    var sealedCount: UInt64 { nextIndex.load(ordering: .sequentiallyConsistent) }

    /// The bytes of buffer that sealing `plainLength` bytes needs.
    package static func bound(plainLength: Int) -> Int {
        FrameHeader.length + plainLength + FrameCipher.tagLength
    }

    /// Packs and seals `plain` into the start of `output`.
    ///
    /// - Parameter output: at least `bound(plainLength:)` bytes, apart from `plain`.
    /// - Throws: `internal-error` for a kind or length that the format does not have, or past the last index.
    package func seal(
        _ kind: FrameKind, _ plain: UnsafeRawBufferPointer, by bench: FrameBench,
        into output: UnsafeMutableRawBufferPointer
    ) throws -> SealedFrame {
        guard kind.isPayload else { throw label.refused("frames of kind \(kind) are the envelope's own") }
        return try sealAny(kind, plain, by: bench, into: output)
    }

    func sealAny(
        _ kind: FrameKind, _ plain: UnsafeRawBufferPointer, by bench: FrameBench,
        into output: UnsafeMutableRawBufferPointer
    ) throws -> SealedFrame {
        guard plain.count <= kind.plainLimit else { throw label.refused("a frame of \(plain.count) bytes is too long") }
        precondition(output.count >= Self.bound(plainLength: plain.count))
        let index = try takeIndex(for: kind)
        let body = UnsafeMutableRawBufferPointer(rebasing: output[FrameHeader.length...])
        // The footer has a fixed length, so it is never packed.
        let packed = kind == .footer ? nil : try bench.compressor.pack(plain, into: body)
        let content = packed.map { UnsafeRawBufferPointer(rebasing: body[..<$0]) } ?? plain
        let frame = FrameHeader(
            kind: kind, codec: packed == nil ? .raw : .zlib, index: index, plainLength: plain.count,
            sealedLength: content.count + FrameCipher.tagLength)
        frame.write(to: output)
        try bench.cipher.seal(
            content, key: key, nonce: header.nonce(index: index),
            bound: UnsafeRawBufferPointer(rebasing: output[..<FrameHeader.length]),
            into: UnsafeMutableRawBufferPointer(rebasing: body[..<frame.sealedLength]))
        return SealedFrame(
            index: index, kind: kind, plainLength: plain.count, storedLength: frame.storedLength,
            salt: header.salt)
    }

    /// Contents and footer need two more indices than the payload.
    private func takeIndex(for kind: FrameKind) throws -> UInt32 {
        let index = nextIndex.add(1, ordering: .sequentiallyConsistent).oldValue
        let limit = kind.isPayload ? indexLimit - 2 : indexLimit
        guard index < limit else { throw label.refused("it has as many frames as an object may have") }
        return UInt32(index)
    }
}
