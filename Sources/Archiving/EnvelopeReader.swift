import Model

/// Where an envelope's bytes come from; safe on several threads at once.
package protocol EnvelopeSource: AnyObject, Sendable {
    /// Bytes of the object.
    func length() throws -> UInt64
    /// Fills `buffer` from `offset` on and returns the bytes read: fewer only at the end of the object.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Int
}

/// Reads one object: footer, contents, then frames by index.
///
/// Once open, every byte of the object is accounted for: header, frames without gap or overlap, contents, footer. Safe on
/// several threads at once, each with a bench of its own. Faults: the damage code of the object's kind, also for a wrong
/// key, which can't be told apart here; `repository-too-new` for versions and flags of later formats.
package final class EnvelopeReader: Sendable {
    package let identity: EnvelopeIdentity
    package let name: String
    package let contents: ContentsTable
    /// Bytes of the object.
    package let length: UInt64

    /// Random bytes that no other object has.
    package var salt: [UInt8] { header.salt }

    let label: ObjectLabel
    private let source: any EnvelopeSource
    private let header: EnvelopeHeader
    private let key: KeyBytes

    /// - Parameters:
    ///   - name: how faults name the object.
    ///   - keepsRuns: whether `contents` tells which pages frames hold, which may be much in a reader that is kept.
    package init(
        _ expected: EnvelopeIdentity, name: String, key master: MasterKey, from source: any EnvelopeSource,
        keepsRuns: Bool = true, by bench: FrameBench
    ) throws {
        label = ObjectLabel(kind: expected.kind, name: name)
        self.name = name
        self.source = source
        length = try source.length()
        let overhead = EnvelopeHeader.length + Footer.storedLength
        guard length >= UInt64(overhead + FrameHeader.length + FrameCipher.tagLength + ContentsTable.countLength) else {
            throw label.damaged("it ends too early")
        }
        header = try Self.header(source, label)
        guard header.identity == expected else { throw label.damaged("it is another object's content") }
        identity = expected
        key = try master.objectKey(header)
        let opening = FrameOpening(source: source, header: header, key: key, label: label)
        let table = try Self.contents(opening, length, bench)
        contents = keepsRuns ? table : table.withoutRuns()
    }

    /// Frames that hold payload: indices 0 ..< frameCount.
    package var frameCount: Int { contents.entries.count }

    /// The plain bytes of a frame, into the start of `output`.
    ///
    /// - Parameter output: long enough for the frame, or the object counts as damaged.
    /// - Returns: the plain length.
    package func read(
        _ index: UInt32, _ kind: FrameKind, into output: UnsafeMutableRawBufferPointer, by bench: FrameBench
    ) throws -> Int {
        let opened = try opening.open(entry(index, kind), index: index, by: bench)
        guard opened.plainLength <= output.count else {
            throw label.damaged("frame \(index) is longer than what it has to hold")
        }
        try opened.unpack(into: UnsafeMutableRawBufferPointer(rebasing: output[..<opened.plainLength]), by: bench)
        return opened.plainLength
    }

    /// The plain bytes of a frame, in an array; for records and small frames.
    package func read(_ index: UInt32, _ kind: FrameKind, by bench: FrameBench) throws -> [UInt8] {
        try opening.open(entry(index, kind), index: index, by: bench).unpacked(by: bench)
    }

    /// Opens and unpacks a frame without handing it out.
    package func verify(_ index: UInt32, by bench: FrameBench) throws {
        guard index < contents.entries.count else { throw label.damaged("it has no frame \(index)") }
        let opened = try opening.open(contents.entries[Int(index)], index: index, by: bench)
        try opened.unpack(into: bench.plainMemory(opened.plainLength), by: bench)
    }

    private var opening: FrameOpening { FrameOpening(source: source, header: header, key: key, label: label) }

    private func entry(_ index: UInt32, _ kind: FrameKind) throws -> ContentsTable.Entry {
        guard index < contents.entries.count, contents.entries[Int(index)].kind == kind else {
            throw label.damaged("it has no \(kind) frame \(index)")
        }
        return contents.entries[Int(index)]
    }

    private static func header(_ source: any EnvelopeSource, _ label: ObjectLabel) throws -> EnvelopeHeader {
        try withUnsafeTemporaryAllocation(byteCount: EnvelopeHeader.length, alignment: 8) { buffer in
            guard try source.read(into: buffer, at: 0) == buffer.count else { throw label.damaged("it ends too early") }
            return try EnvelopeHeader(UnsafeRawBufferPointer(buffer), label: label)
        }
    }

    private static func contents(_ opening: FrameOpening, _ length: UInt64, _ bench: FrameBench) throws
        -> ContentsTable
    {
        let label = opening.label
        let footerOffset = length - UInt64(Footer.storedLength)
        let footerFrame = try opening.open(
            .footer, offset: footerOffset, storedLength: Footer.storedLength, index: nil, by: bench)
        let footer = try footerFrame.unpacked(by: bench).withUnsafeBytes { bytes in
            guard bytes.count == Footer.length else { throw label.damaged("its footer has a wrong length") }
            return Footer(bytes)
        }
        guard footer.objectLength == length, footer.contentsOffset >= EnvelopeHeader.length,
            footer.contentsOffset <= footerOffset, footer.contentsLength == footerOffset - footer.contentsOffset,
            UInt64(footerFrame.index) == UInt64(footer.frameCount) + 1
        else { throw label.damaged("its length is not what its footer says") }
        let plain = try opening.open(
            .contents, offset: footer.contentsOffset, storedLength: Int(footer.contentsLength),
            index: footer.frameCount, by: bench
        ).unpacked(by: bench)
        let table = try plain.withUnsafeBytes { try ContentsTable($0, label: label) }
        guard table.entries.count == footer.frameCount else { throw label.damaged("its contents miss frames") }
        try checkCoverage(table, to: footer.contentsOffset, label)
        return table
    }

    /// Frames lie back to back from the header to the contents.
    private static func checkCoverage(_ table: ContentsTable, to end: UInt64, _ label: ObjectLabel) throws {
        var position = UInt64(EnvelopeHeader.length)
        for entry in table.entries.sorted(by: { $0.offset < $1.offset }) {
            guard entry.offset == position else { throw label.damaged("its frames leave a gap or overlap") }
            position += UInt64(entry.storedLength)
        }
        guard position == end else { throw label.damaged("its frames leave a gap or overlap") }
    }
}
