import Platform

/// The state of a write-ahead log as of one commit: the newest frame of each page.
struct CommittedLog {
    let header: LogHeader
    /// The commit's last frame, numbered from 1; 0 when nothing is committed.
    let lastFrame: UInt32
    /// Size of the database after the commit; 0 when nothing is committed.
    let pages: UInt32
    /// Page number (from 1) in the high half, its newest frame in the low half; ascending, one entry a page.
    private let entries: [UInt64]
    /// What the frames said, in their order, and the checksum of each.
    private let steps: [LogChain.Step]
    private let checksums: [LogChecksum]

    /// Follows the chain of checksums from the start of the log to its last valid commit.
    ///
    /// - Returns: nil when the file has no valid log header.
    static func scan(_ log: File) throws -> CommittedLog? {
        guard let header = LogHeader(try log.read(count: LogHeader.length, at: 0)) else { return nil }
        var chain = LogChain(startOf: header)
        var steps: [LogChain.Step] = []
        var checksums: [LogChecksum] = []
        try chain.walk(log, upTo: .max) { chain, step in
            steps.append(step)
            checksums.append(chain.checksum)
        }
        let last = (steps.lastIndex { $0.pages > 0 } ?? -1) + 1
        return CommittedLog(header: header, lastFrame: UInt32(last), steps: steps, checksums: checksums)
    }

    /// - Parameters:
    ///   - lastFrame: ends a transaction, or is 0.
    ///   - steps, checksums: of all frames up to that one, or more.
    init(header: LogHeader, lastFrame: UInt32, steps: [LogChain.Step], checksums: [LogChecksum]) {
        self.header = header
        self.lastFrame = lastFrame
        self.steps = steps
        self.checksums = checksums
        pages = lastFrame > 0 ? steps[Int(lastFrame) - 1].pages : 0
        let sorted = steps[..<Int(lastFrame)].enumerated().map { UInt64($1.page) << 32 | UInt64($0 + 1) }.sorted()
        entries = sorted.indices.filter { next in
            next + 1 == sorted.count || sorted[next] >> 32 != sorted[next + 1] >> 32
        }.map { sorted[$0] }
    }

    /// Whether a page that was just read from its frame still is what was followed: the disk may have damaged it since.
    func confirms(_ page: UnsafeRawBufferPointer, of frame: UInt32) -> Bool {
        let index = Int(frame) - 1
        var checksum = index == 0 ? header.checksum : checksums[index - 1]
        let head = (steps[index].page.bigEndian, steps[index].pages.bigEndian)
        withUnsafeBytes(of: head) { checksum.add($0, bigEndian: header.isBigEndian) }
        checksum.add(page, bigEndian: header.isBigEndian)
        return checksum == checksums[index]
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
}
