import Platform

/// The state of a write-ahead log as of one commit: the newest frame of each page.
struct CommittedLog {
    let header: LogHeader
    /// The commit's last frame, numbered from 1; 0 when nothing is committed.
    let lastFrame: UInt32
    /// Size of the database after the commit; 0 when nothing is committed.
    let pages: UInt32
    /// Of the last frame.
    let checksum: LogChecksum
    /// Page number (from 1) in the high half, its newest frame in the low half; ascending, one entry a page.
    private let entries: [UInt64]

    /// Follows the chain of checksums from the start of the log to its last valid commit.
    ///
    /// - Parameter limit: the last frame to look at.
    /// - Returns: nil when the file has no valid log header.
    static func scan(_ log: File, upTo limit: UInt32 = .max) throws -> CommittedLog? {
        guard let header = LogHeader(try log.read(count: LogHeader.length, at: 0)) else { return nil }
        var chain = Chain(header: header)
        let perChunk = max(1, (1 << 20) / header.frameLength)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: perChunk * header.frameLength, alignment: 16)
        defer { buffer.deallocate() }
        var offset = Int64(LogHeader.length)
        while true {
            let count = try log.read(into: buffer, at: offset) / header.frameLength
            for frame in 0..<count {
                let start = frame * header.frameLength
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<start + header.frameLength])
                guard chain.frame < limit, chain.follow(bytes) else { return chain.committed() }
            }
            if count < perChunk { return chain.committed() }
            offset += Int64(count * header.frameLength)
        }
    }

    private init(header: LogHeader, lastFrame: UInt32, pages: UInt32, checksum: LogChecksum, frames: [UInt64]) {
        self.header = header
        self.lastFrame = lastFrame
        self.pages = pages
        self.checksum = checksum
        let sorted = frames.sorted()
        entries = sorted.indices.filter { next in
            next + 1 == sorted.count || sorted[next] >> 32 != sorted[next + 1] >> 32
        }.map { sorted[$0] }
    }

    /// Calls `body` with page (from 1) and frame of each page in `range` that the log has, ascending.
    func forEach(in range: ClosedRange<UInt32>, _ body: (UInt32, UInt32) throws -> Void) rethrows {
        var index = lowerBound(range.lowerBound)
        while index < entries.count, entries[index] >> 32 <= UInt64(range.upperBound) {
            try body(UInt32(entries[index] >> 32), UInt32(truncatingIfNeeded: entries[index]))
            index += 1
        }
    }

    func count(in range: ClosedRange<UInt32>) -> Int {
        lowerBound(range.upperBound == .max ? .max : range.upperBound + 1) - lowerBound(range.lowerBound)
    }

    private func lowerBound(_ page: UInt32) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle] >> 32 < UInt64(page) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private struct Chain {
        let header: LogHeader
        var frame: UInt32 = 0
        private var checksum: LogChecksum
        private var frames: [UInt64] = []
        private var commit: (frame: UInt32, pages: UInt32, checksum: LogChecksum)

        init(header: LogHeader) {
            self.header = header
            checksum = header.checksum
            commit = (0, 0, header.checksum)
        }

        /// - Returns: false when the frame doesn't continue the chain.
        mutating func follow(_ bytes: UnsafeRawBufferPointer) -> Bool {
            let page = bytes.big32(0)
            guard page > 0, bytes[8..<16].elementsEqual(header.salts) else { return false }
            var next = checksum
            next.add(UnsafeRawBufferPointer(rebasing: bytes[..<8]), bigEndian: header.isBigEndian)
            next.add(
                UnsafeRawBufferPointer(rebasing: bytes[LogHeader.frameHeaderLength...]), bigEndian: header.isBigEndian)
            guard next == LogChecksum(bytes.big32(16), bytes.big32(20)) else { return false }
            checksum = next
            frame += 1
            frames.append(UInt64(page) << 32 | UInt64(frame))
            if bytes.big32(4) > 0 { commit = (frame, bytes.big32(4), next) }
            return true
        }

        func committed() -> CommittedLog {
            CommittedLog(
                header: header, lastFrame: commit.frame, pages: commit.pages, checksum: commit.checksum,
                frames: Array(frames.prefix(Int(commit.frame))))
        }
    }
}
