import Model

/// Opens sealed frames of one object.
struct FrameOpening: Sendable {
    let source: any EnvelopeSource
    let header: EnvelopeHeader
    let key: KeyBytes
    let label: ObjectLabel

    /// A frame whose seal has been opened; its packed bytes lie in the bench's working memory until the next frame.
    struct Opened {
        let index: UInt32
        let codec: Codec
        let plainLength: Int
        let packed: UnsafeRawBufferPointer
        let label: ObjectLabel

        /// - Parameter output: `plainLength` bytes.
        func unpack(into output: UnsafeMutableRawBufferPointer, by bench: FrameBench) throws {
            switch codec {
            case .raw: output.copyMemory(from: packed)
            case .zlib:
                guard bench.inflater.unpack(packed, into: output) else {
                    throw label.damaged("frame \(index) does not unpack")
                }
            }
        }

        func unpacked(by bench: FrameBench) throws -> [UInt8] {
            try [UInt8](unsafeUninitializedCapacity: plainLength) { buffer, count in
                try unpack(
                    into: UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<plainLength]), by: bench)
                count = plainLength
            }
        }
    }

    func open(_ entry: ContentsTable.Entry, index: UInt32, by bench: FrameBench) throws -> Opened {
        try open(
            entry.kind, offset: entry.offset, storedLength: Int(entry.storedLength), index: index, by: bench)
    }

    /// - Parameter index: nil when the frame says it itself, as the footer does.
    func open(_ kind: FrameKind, offset: UInt64, storedLength: Int, index: UInt32?, by bench: FrameBench) throws
        -> Opened
    {
        let overhead = FrameHeader.length + FrameCipher.tagLength
        guard storedLength >= overhead, storedLength <= overhead + kind.plainLimit else {
            throw label.damaged("a frame has a length that the format does not have")
        }
        let stored = bench.sealedMemory(storedLength)
        guard try source.read(into: stored, at: offset) == storedLength else {
            throw label.damaged("it ends too early")
        }
        let bound = UnsafeRawBufferPointer(rebasing: stored[..<FrameHeader.length])
        let frame = try FrameHeader(bound, label: label)
        guard frame.kind == kind, frame.storedLength == storedLength, index == nil || frame.index == index else {
            throw label.damaged("frame \(frame.index) is not where it belongs")
        }
        let sealed = UnsafeMutableRawBufferPointer(rebasing: stored[FrameHeader.length...])
        let packed = UnsafeMutableRawBufferPointer(rebasing: sealed[..<(sealed.count - FrameCipher.tagLength)])
        let isGenuine = bench.cipher.open(
            UnsafeRawBufferPointer(sealed), key: key, nonce: header.nonce(index: frame.index), bound: bound,
            into: packed)
        guard isGenuine else { throw label.damaged("frame \(frame.index) does not open") }
        return Opened(
            index: frame.index, codec: frame.codec, plainLength: frame.plainLength,
            packed: UnsafeRawBufferPointer(packed), label: label)
    }
}
