package import Engines
package import Model
package import Storage

/// Puts the log of a server into the repository as it comes: small stretches at once, and one large one in their place
/// when it is complete.
///
/// Order: the large one is durable before the small ones go, so a crash leaves at most the same bytes twice.
package struct LogShelf {
    /// Bytes of a large stretch, which begins at a multiple of it.
    package static let stretch: UInt64 = 16 << 20
    /// So many small ones are put together although the large one isn't complete.
    private static let smallLimit = 64

    let unit: BackupUnit
    let compression: Compression

    /// What is in memory begins here; in the middle of a stretch where following began there.
    private var start: LogPosition
    private var bytes: [UInt8] = []
    private var history: String
    let branch: Int
    /// Stored ones since `start`.
    private var stored: [LogSpan] = []
    /// When the server sent the first byte after `start`.
    private var began: Instant?
    /// When the server had written the newest byte.
    private var written = Instant(seconds: 0)

    /// - Parameter start: of the next byte.
    package init(
        _ unit: BackupUnit, from start: LogPosition, history: String, branch: Int, compression: Compression
    ) {
        self.branch = branch
        self.unit = unit
        self.start = start
        self.history = history
        self.compression = compression
    }

    /// The first position that isn't stored.
    package var durable: UInt64 { stored.last?.to ?? start.offset }
    var end: UInt64 { start.offset + UInt64(bytes.count) }
    var hasUnstored: Bool { end > durable }
    /// Nothing that the server had written by then is missing; nil while something isn't stored or nothing came.
    var completeAsOf: Instant? { hasUnstored || written.microseconds == 0 ? nil : written }

    /// Bytes that follow those before; what is complete by them is stored.
    package mutating func take(_ new: [UInt8], written: Instant) throws {
        var rest = new[...]
        self.written = written
        if bytes.isEmpty { began = written }
        while !rest.isEmpty {
            let room = Int(Self.stretch - end % Self.stretch)
            bytes += rest.prefix(room)
            rest = rest.dropFirst(room)
            if end % Self.stretch == 0 { try storeWhole() }
        }
    }

    /// Stores what isn't yet; durable on return.
    package mutating func store() throws {
        guard hasUnstored else { return }
        if stored.count >= Self.smallLimit { return try storeTogether() }
        let span = span(from: durable)
        try put(span)
        stored.append(span)
    }

    /// Everything since `start` as one, in the place of what is stored of it.
    private mutating func storeTogether() throws {
        let whole = span(from: start.offset)
        if stored != [whole] {
            try put(whole)
            try unit.repository.deleteLogs(stored, of: unit.id)
        }
        stored = [whole]
    }

    private mutating func storeWhole() throws {
        try storeTogether()
        start.offset = end
        bytes = []
        began = written
        stored = []
    }

    private func span(from offset: UInt64) -> LogSpan {
        LogSpan(
            lineage: LogSpan.lineage(of: start.system, branch: branch), timeline: start.timeline, from: offset, to: end)
    }

    private func put(_ span: LogSpan) throws {
        let record = LogRecord(
            span: span, system: start.system, branch: branch,
            began: span.from == start.offset ? began ?? written : written, written: written, history: history)
        try bytes.withUnsafeBytes { buffer in
            let part = UnsafeRawBufferPointer(rebasing: buffer[Int(span.from - start.offset)...])
            do {
                try unit.repository.putLog(part, record, of: unit.id, compression: compression)
            } catch let fault as Fault where fault.code == .targetExists {
                // Ours, by a sync that failed before; what it holds is compared when following begins anew.
                let there = try unit.repository.readLog(span, of: unit.id).bytes
                guard there.elementsEqual(part) else {
                    throw Fault(.logDiffers, "the log of the server differs from what is stored of it")
                }
            }
        }
    }
}

extension LogShelf {
    /// Goes on with what an earlier follower stored.
    ///
    /// - Parameter after: its end.
    /// - Returns: a shelf whose next bytes are wanted from `start` on, so that they can be compared with what is stored.
    package static func goingOn(
        after last: LogSpan, _ log: StoredLog, record: LogRecord, compression: Compression
    ) throws -> (shelf: LogShelf, check: [UInt8], at: LogPosition) {
        let boundary = (last.to - 1) / stretch * stretch
        let begin = log.stretches.spans.filter {
            $0.timeline == last.timeline && $0.to > boundary && $0.from >= boundary
        }
        let from = begin.first?.from ?? last.to
        var bytes: [UInt8] = []
        let reached = try log.read(last.timeline, from: from, to: last.to) { _, part in
            bytes += part
            return true
        }
        let position = LogPosition(system: record.system, timeline: last.timeline, offset: from)
        guard reached == last.to, last.to % stretch != 0 else {
            // A gap inside the stretch, or a whole one: go on behind it.
            let end = LogPosition(system: record.system, timeline: last.timeline, offset: last.to)
            let shelf = LogShelf(
                log.unit, from: end, history: record.history, branch: record.branch, compression: compression)
            return reached == last.to ? (shelf, bytes, position) : (shelf, [], end)
        }
        var shelf = LogShelf(
            log.unit, from: position, history: record.history, branch: record.branch, compression: compression)
        shelf.bytes = bytes
        shelf.stored = log.stretches.pieces(of: last.timeline, from: from)
        shelf.began = try begin.first.map { try log.unit.repository.logRecord($0, of: log.unit.id).began }
        shelf.written = record.written
        return (shelf, bytes, position)
    }
}
