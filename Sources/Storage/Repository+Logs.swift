import Archiving
package import Model

/// The write-ahead log of a unit's server: stretches as they were received, beside its backups.
extension Repository {
    /// Bytes of one frame.
    private static let frameLength = 1 << 20

    /// All that is stored, also what a larger stretch holds too.
    ///
    /// A large stretch comes before the small ones in its place go, but who lists a folder meanwhile may see neither: two
    /// looks must agree.
    package func logSpans(of unit: UnitID) throws -> [LogSpan] {
        func look() throws -> [LogSpan] {
            try unitStore(unit).list("logs").compactMap { name in if case .log(let span) = name { span } else { nil } }
        }
        var before = try look()
        while true {
            let now = try look()
            if now == before { return now }
            before = now
        }
    }

    /// Stores a stretch; durable on return.
    ///
    /// - Parameter bytes: of `record.span`.
    /// - Throws: `target-exists` when that stretch is stored already.
    package func putLog(
        _ bytes: UnsafeRawBufferPointer, _ record: LogRecord, of unit: UnitID, compression: Compression
    ) throws {
        try requireWritable()
        guard bytes.count == record.span.length, !bytes.isEmpty, record.span.length <= Int(LogSpan.longest) else {
            throw Fault(.internalError, "a stretch of log of \(bytes.count) bytes is to be stored as another")
        }
        let objects = unitStore(unit)
        let bench = try FrameBench(compression: compression)
        let object = try OpenObject(.log(record.span), number: 0, in: objects, frames: .max)
        do {
            try RecordCoding.encode(record).withUnsafeBytes { _ = try object.envelope.write(.record, $0, by: bench) }
            for start in stride(from: 0, to: bytes.count, by: Self.frameLength) {
                let part = bytes[start..<min(start + Self.frameLength, bytes.count)]
                _ = try object.envelope.write(.log, UnsafeRawBufferPointer(rebasing: part), by: bench)
            }
            try object.envelope.finish(by: bench)
            try object.sink.commit(as: objects.path(object.name), syncNames: true)
        } catch {
            object.sink.abandon()
            throw error
        }
    }

    /// What is stored of a stretch, without its bytes.
    /// - Throws: `log-damaged`, also when it isn't there.
    package func logRecord(_ span: LogSpan, of unit: UnitID) throws -> LogRecord {
        let (objects, bench) = (unitStore(unit), try FrameBench())
        return try objects.logRecord(span, of: objects.open(.log(span), by: bench), by: bench)
    }

    /// The bytes of a stretch.
    /// - Throws: `log-damaged`, also when it isn't there.
    package func readLog(_ span: LogSpan, of unit: UnitID) throws -> (record: LogRecord, bytes: [UInt8]) {
        let (objects, bench) = (unitStore(unit), try FrameBench())
        let reader = try objects.open(.log(span), by: bench)
        let record = try objects.logRecord(span, of: reader, by: bench)
        let bytes = try [UInt8](unsafeUninitializedCapacity: span.length) { buffer, count in
            for (index, entry) in reader.contents.entries.enumerated() where entry.kind == .log {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                count += try reader.payload(UInt32(index), .log, into: rest, by: bench)
            }
        }
        guard bytes.count == span.length else {
            throw Fault(.logDamaged, "\(reader.name) is damaged: it does not hold the bytes it promises")
        }
        return (record, bytes)
    }

    /// Deletes stretches, but for those that somebody may be reading; durable on return.
    ///
    /// - Returns: the bytes that they took; none while somebody reads.
    @discardableResult
    package func deleteLogs(_ spans: [LogSpan], of unit: UnitID) throws -> ByteCount {
        try requireWritable()
        let objects = unitStore(unit)
        guard !spans.isEmpty, try !objects.access.hasReaders() else { return .zero }
        var freed = ByteCount.zero
        for path in spans.map({ objects.path(.log($0)) }) {
            freed = freed + ByteCount(Int64(clamping: try store.size(path) ?? 0))
            try store.delete(path)
        }
        try store.syncNames(of: "\(objects.folder)/logs")
        return freed
    }

    /// What keeps stretches of the log, and backups, from being deleted while it lives.
    package func reading(_ unit: UnitID) -> any Sendable { unitStore(unit).access.beginReading() }
}

extension UnitStore {
    func logRecord(_ span: LogSpan, of reader: EnvelopeReader, by bench: FrameBench) throws -> LogRecord {
        let record = try decode(LogRecord.self, reader, by: bench)
        guard record.span == span else {
            throw Fault(.logDamaged, "\(reader.name) is damaged: it is another stretch's record")
        }
        return record
    }
}
