import Platform

/// How far the frames of a log have been followed: the checksum of each continues that of the one before.
/// Source: sqlite.org/fileformat2.html §4.2.
struct LogChain {
    /// What a frame says.
    struct Step {
        /// Counted from 1.
        var page: UInt32
        /// Of the database, if the frame ends a transaction; else 0.
        var pages: UInt32
    }

    /// Why a walk ended.
    enum End: Equatable {
        /// At the last frame that was asked for.
        case asked
        /// The file has no whole frame more.
        case fileEnds
        /// The next frame does not continue the chain; it has these salts.
        case broken(salts: LogSalts)
    }

    /// Its salts are those that frames must have.
    let header: LogHeader
    /// The last frame followed, from 1.
    private(set) var frame: UInt32
    private(set) var checksum: LogChecksum

    init(startOf header: LogHeader) {
        self.init(header, after: 0, header.checksum)
    }

    init(_ header: LogHeader, after frame: UInt32, _ checksum: LogChecksum) {
        self.header = header
        self.frame = frame
        self.checksum = checksum
    }

    /// Follows the frames of the file up to frame `limit`, or as far as they continue the chain.
    ///
    /// - Parameter body: called after each frame with the chain up to it.
    @discardableResult
    mutating func walk(_ log: File, upTo limit: UInt32, _ body: (LogChain, Step) throws -> Void) throws -> End {
        guard frame < limit else { return .asked }
        let perChunk = min(max(1, (1 << 20) / header.frameLength), Int(limit - frame))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: perChunk * header.frameLength, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let offset = Int64(LogHeader.length) + Int64(frame) * Int64(header.frameLength)
            let count = try log.read(into: buffer, at: offset) / header.frameLength
            for index in 0..<count {
                guard frame < limit else { return .asked }
                let start = index * header.frameLength
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<start + header.frameLength])
                guard let step = follow(bytes) else { return .broken(salts: LogSalts(Array(bytes[8..<16]))) }
                try body(self, step)
            }
            if frame == limit { return .asked }
            if count < perChunk { return .fileEnds }
        }
    }

    /// - Returns: nil when the frame doesn't continue the chain.
    private mutating func follow(_ bytes: UnsafeRawBufferPointer) -> Step? {
        let page = bytes.big32(0)
        guard page > 0, bytes[8..<16].elementsEqual(header.salts) else { return nil }
        var next = checksum
        next.add(UnsafeRawBufferPointer(rebasing: bytes[..<8]), bigEndian: header.isBigEndian)
        next.add(
            UnsafeRawBufferPointer(rebasing: bytes[LogHeader.frameHeaderLength...]), bigEndian: header.isBigEndian)
        guard next == LogChecksum(bytes.big32(16), bytes.big32(20)) else { return nil }
        checksum = next
        frame += 1
        return Step(page: page, pages: bytes.big32(4))
    }
}
