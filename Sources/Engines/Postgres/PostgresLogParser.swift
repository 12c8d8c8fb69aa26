package import Model

/// Takes a write-ahead log apart into its records, as its bytes come.
///
/// Only the bodies of records that say when and what was committed, or name a restore point, are kept; of the others only
/// their headers are looked at. Each record names the one before it, so that what is no log any more ends it.
///
/// Source: PostgreSQL 15, `access/xlog_internal.h` (headers of pages), `access/xlogrecord.h` (of records).
package struct PostgresLogParser {
    package struct Record {
        package var start: UInt64
        /// The first position behind it.
        var end: UInt64
        var previous: UInt64
        package var transaction: UInt32
        var info: UInt8
        var manager: UInt8
        /// Behind the record's header; empty for those that aren't kept.
        var body: [UInt8]
    }

    private static let page: UInt64 = 8192
    private static let shortHeader = 24
    private static let longHeader = 40
    private static let recordHeader = 24
    /// XLP_FIRST_IS_CONTRECORD and XLP_FIRST_IS_OVERWRITE_CONTRECORD.
    private static let (continuesRecord, overwritesRecord): (UInt16, UInt16) = (1, 8)

    /// Of the next byte.
    private(set) var position: UInt64
    /// The log ends before `position`: what follows is no log.
    package private(set) var isOver = false
    /// Of the last whole record.
    private(set) var last: (start: UInt64, end: UInt64)?

    private let fileLength: UInt64
    private var pageHeader: [UInt8] = []
    private var record: Open?
    /// Everything up to here is left out: the rest of a file after a switch to the next one.
    private var skipTo: UInt64 = 0

    /// A record of which not all bytes have come.
    private struct Open {
        let start: UInt64
        var header: [UInt8] = []
        var body: [UInt8] = []
        /// Bytes of the whole record; 0 while its header isn't complete.
        var length = 0
        var taken = 0

        var isKept: Bool { header[17] == 1 || (header[17] == 0 && header[16] & 0xF0 == 0x70) }
    }

    /// - Parameter start: where a record begins.
    package init(from start: UInt64, fileLength: UInt64) {
        position = start
        self.fileLength = fileLength
    }

    /// Takes bytes that follow those before; those up to `position` are left out.
    ///
    /// - Parameter each: gets the records that are complete; false ends it.
    /// - Returns: false when `each` said so, or the log is over.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer, at offset: UInt64, each: (Record) throws -> Bool)
        rethrows
        -> Bool
    {
        var index = Int(position > offset ? min(position - offset, UInt64(bytes.count)) : 0)
        while index < bytes.count, !isOver {
            if position < skipTo {
                let count = min(bytes.count - index, Int(skipTo - position))
                advance(by: count, &index)
            } else if position % Self.page == 0 || !pageHeader.isEmpty {
                takePageHeader(bytes, &index)
            } else if let complete = takeRecord(bytes, &index) {
                last = (complete.start, complete.end)
                guard try each(complete) else { return false }
            }
        }
        return !isOver
    }

    private mutating func advance(by count: Int, _ index: inout Int) {
        index += count
        position += UInt64(count)
    }

    private mutating func takePageHeader(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) {
        let start = position - UInt64(pageHeader.count)
        let length = start % fileLength == 0 ? Self.longHeader : Self.shortHeader
        let count = min(length - pageHeader.count, bytes.count - index)
        pageHeader += bytes[index..<index + count]
        advance(by: count, &index)
        guard pageHeader.count == length else { return }
        let (magic, flags, address) = pageHeader.withUnsafeBytes { header in
            (
                header.loadUnaligned(fromByteOffset: 0, as: UInt16.self),
                header.loadUnaligned(fromByteOffset: 2, as: UInt16.self),
                header.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        pageHeader = []
        // A server that came back from a crash in the middle of a record leaves that one as it is.
        if flags & Self.overwritesRecord != 0 { record = nil }
        let goesOn = flags & Self.continuesRecord != 0
        isOver = magic == 0 || address != start || goesOn != (record != nil)
    }

    /// - Returns: a record when its last byte was among those taken.
    private mutating func takeRecord(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Record? {
        let left = min(bytes.count - index, Int(Self.page - position % Self.page))
        guard var open = record else {
            let padding = Int((8 - position % 8) % 8)
            if padding > 0 { advance(by: min(padding, left), &index) } else { record = Open(start: position) }
            return nil
        }
        let wanted = open.length == 0 ? Self.recordHeader - open.header.count : open.length - open.taken
        let count = min(wanted, left)
        let part = bytes[index..<index + count]
        if open.length == 0 { open.header += part } else if open.isKept { open.body += part }
        open.taken += count
        advance(by: count, &index)
        record = open
        if open.length == 0, open.header.count == Self.recordHeader { startBody() }
        guard let whole = record, whole.length > 0, whole.taken == whole.length else { return nil }
        record = nil
        return finished(whole)
    }

    private mutating func startBody() {
        guard var open = record else { return }
        let (length, previous) = open.header.withUnsafeBytes { header in
            (
                header.loadUnaligned(fromByteOffset: 0, as: UInt32.self),
                header.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        let follows = last.map { $0.start == previous } ?? (previous < open.start)
        if length < UInt32(Self.recordHeader) || !follows {
            isOver = true
            return
        }
        open.length = Int(length)
        record = open
    }

    private mutating func finished(_ whole: Open) -> Record {
        let (transaction, previous) = whole.header.withUnsafeBytes { header in
            (
                header.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
                header.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        let record = Record(
            start: whole.start, end: position, previous: previous, transaction: transaction, info: whole.header[16],
            manager: whole.header[17], body: whole.body)
        if record.isSwitch { skipTo = (position + fileLength - 1) / fileLength * fileLength }
        return record
    }
}

extension PostgresLogParser.Record {
    private enum Manager {
        static let log: UInt8 = 0
        static let transaction: UInt8 = 1
    }

    /// Goes on in the next file.
    var isSwitch: Bool { manager == Manager.log && info & 0xF0 == 0x40 }

    /// How a transaction ended; nil for any other record.
    var ending: PostgresLogEnding? {
        guard manager == Manager.transaction, let data = mainData else { return nil }
        return PostgresLogEnding(info: info, transaction: transaction, data)
    }

    /// When a transaction was committed or rolled back; nil for any other record.
    package var ended: Instant? { ending?.at }

    package var restorePoint: String? { namedPlace?.name }

    /// A restore point; nil for any other record.
    ///
    /// Source: `access/xlog_internal.h`, `xl_restore_point`: the time comes first, then the name.
    var namedPlace: (name: String, at: Instant)? {
        guard manager == Manager.log, info & 0xF0 == 0x70, let data = mainData, data.count > 8 else { return nil }
        let name = String(decoding: data.dropFirst(8).prefix { $0 != 0 }, as: UTF8.self)
        return (name, PostgresLogTime.instant(data))
    }

    /// What comes after the references to blocks, of which records of these kinds have none.
    private var mainData: ArraySlice<UInt8>? {
        var rest = body[...]
        while let id = rest.first {
            switch id {
            case 255 where rest.count >= 2: return rest.dropFirst(2).prefix(Int(rest[rest.startIndex + 1]))
            case 254 where rest.count >= 5: return rest.dropFirst(5)
            case 253: rest = rest.dropFirst(3)
            case 252: rest = rest.dropFirst(5)
            default: return nil
            }
        }
        return nil
    }
}
