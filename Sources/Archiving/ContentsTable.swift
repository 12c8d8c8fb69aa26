/// The frames of an object by index: where each lies and, for page frames, which pages it holds.
package struct ContentsTable: Sendable {
    package struct Entry: Sendable, Equatable {
        package var kind: FrameKind
        /// Of the frame header, from the start of the object.
        package var offset: UInt64
        /// Bytes of header, ciphertext and tag.
        package var storedLength: UInt32
        /// 0 but for page frames.
        package var pageSize: UInt32
        var firstRun: Int
        var runCount: Int
    }

    static let countLength = 8
    static let entryLength = 20
    static let runLength = 12
    /// The most runs of one frame.
    static let runLimit = Int(UInt16.max)

    package private(set) var entries: [Entry] = []
    private var runs: [PageRun] = []

    init() {}

    /// The same without the pages of frames: a frame of scattered pages has one run for each.
    func withoutRuns() -> ContentsTable {
        var table = self
        table.runs = []
        for index in table.entries.indices { (table.entries[index].firstRun, table.entries[index].runCount) = (0, 0) }
        return table
    }

    /// The pages of the frame, in slot order; none in a table without runs.
    package func runs(of entry: Entry) -> ArraySlice<PageRun> {
        runs[entry.firstRun..<entry.firstRun + entry.runCount]
    }

    /// Bytes of the encoded table.
    var encodedLength: Int {
        Self.countLength + entries.count * Self.entryLength + runs.count * Self.runLength
    }

    mutating func append(
        kind: FrameKind, offset: UInt64, storedLength: UInt32, pageSize: UInt32, runs added: some Collection<PageRun>
    ) {
        entries.append(
            Entry(
                kind: kind, offset: offset, storedLength: storedLength, pageSize: pageSize, firstRun: runs.count,
                runCount: added.count))
        runs.append(contentsOf: added)
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encodedLength)
        bytes.put(UInt32(entries.count))
        bytes.put(0 as UInt32)
        for entry in entries {
            bytes.append(entry.kind.rawValue)
            bytes.append(0)
            bytes.put(UInt16(entry.runCount))
            bytes.put(entry.storedLength)
            bytes.put(entry.offset)
            bytes.put(entry.pageSize)
            for run in runs(of: entry) {
                bytes.put(run.file)
                bytes.put(run.firstPage)
                bytes.put(run.count)
            }
        }
        return bytes
    }

    /// - Throws: the object's damage code; `bytes` come out of an opened seal, yet nothing in them is taken on trust.
    init(_ bytes: UnsafeRawBufferPointer, label: ObjectLabel) throws {
        guard bytes.count >= Self.countLength else { throw label.damaged("contents too short") }
        let count = Int(bytes.number(at: 0) as UInt32)
        guard bytes.isZero(at: 4, count: 4) else { throw label.tooNew("unknown contents") }
        guard count <= bytes.count / Self.entryLength else { throw label.damaged("contents too short") }
        entries.reserveCapacity(count)
        var position = Self.countLength
        for index in 0..<count {
            guard bytes.count - position >= Self.entryLength else { throw label.damaged("contents too short") }
            let runCount = Int(bytes.number(at: position + 2) as UInt16)
            let end = position + Self.entryLength + runCount * Self.runLength
            guard end <= bytes.count else { throw label.damaged("contents too short") }
            guard let kind = FrameKind(rawValue: bytes[position]), kind.isPayload, bytes[position + 1] == 0 else {
                throw label.tooNew("frame \(index) is of an unknown kind")
            }
            let runs = stride(from: position + Self.entryLength, to: end, by: Self.runLength).map {
                PageRun(
                    file: bytes.number(at: $0), firstPage: bytes.number(at: $0 + 4), count: bytes.number(at: $0 + 8))
            }
            append(
                kind: kind, offset: bytes.number(at: position + 8), storedLength: bytes.number(at: position + 4),
                pageSize: bytes.number(at: position + 16), runs: runs)
            position = end
        }
        guard position == bytes.count else { throw label.damaged("contents too long") }
    }
}
