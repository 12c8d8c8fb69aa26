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

    /// Follows the chain of checksums from the start of the log to its last valid commit.
    ///
    /// - Returns: nil when the file has no valid log header.
    static func scan(_ log: File) throws -> CommittedLog? {
        guard let header = LogHeader(try log.read(count: LogHeader.length, at: 0)) else { return nil }
        var chain = LogChain(startOf: header)
        var frames: [UInt64] = []
        var commit = (frame: UInt32(0), pages: UInt32(0))
        try chain.walk(log, upTo: .max) { chain, step in
            frames.append(UInt64(step.page) << 32 | UInt64(chain.frame))
            if step.pages > 0 { commit = (chain.frame, step.pages) }
        }
        return CommittedLog(
            header: header, lastFrame: commit.frame, pages: commit.pages,
            frames: Array(frames.prefix(Int(commit.frame))))
    }

    /// - Parameter frames: page (from 1) in the high half, frame in the low half; in the order of frames.
    init(header: LogHeader, lastFrame: UInt32, pages: UInt32, frames: [UInt64]) {
        self.header = header
        self.lastFrame = lastFrame
        self.pages = pages
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
}
