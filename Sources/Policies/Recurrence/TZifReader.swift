import Model

/// Reads a TZif file. Source: RFC 8536 §3, RFC 9636 §3 (version 4).
struct TZifReader {
    private let name: String
    private let bytes: [UInt8]
    private var position = 0

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    private struct Header {
        var version: UInt8
        var utIndicators: Int
        var standardIndicators: Int
        var leapSeconds: Int
        var changes: Int
        var types: Int
        var characters: Int

        func length(timeSize: Int) -> Int {
            changes * (timeSize + 1) + types * 6 + characters + leapSeconds * (timeSize + 4) + standardIndicators
                + utIndicators
        }
    }

    mutating func table() throws(Fault) -> ZoneTable {
        var header = try header()
        guard header.version >= UInt8(ascii: "2") else { return try block(header, timeSize: 4) }
        // The first block has 32-bit times, for readers of version 1 only.
        position += header.length(timeSize: 4)
        header = try self.header()
        return try block(header, timeSize: 8)
    }

    private mutating func header() throws(Fault) -> Header {
        guard try take(4).elementsEqual("TZif".utf8) else { throw damaged("it doesn't begin with TZif") }
        guard let version = try take(1).first, version == 0 || version >= UInt8(ascii: "2") else {
            throw damaged("its version is unknown")
        }
        position += 15
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(Int(UInt32(truncatingIfNeeded: try number(4)))) }
        guard counts.allSatisfy({ $0 <= bytes.count }) else { throw damaged("its counts are larger than the file") }
        return Header(
            version: version, utIndicators: counts[0], standardIndicators: counts[1], leapSeconds: counts[2],
            changes: counts[3], types: counts[4], characters: counts[5])
    }

    private mutating func block(_ header: Header, timeSize: Int) throws(Fault) -> ZoneTable {
        guard header.leapSeconds == 0 else {
            throw Fault(
                .badSchedule, "time zone \(name) counts leap seconds, which no clock here does",
                hint: "use the zone of the same name outside of `right/`")
        }
        guard header.types > 0 else { throw damaged("it has no local time type") }
        var times: [Int64] = []
        for _ in 0..<header.changes { times.append(try number(timeSize)) }
        let indices = try take(header.changes)
        var offsets: [Int] = []
        for _ in 0..<header.types {
            offsets.append(Int(try number(4)))
            position += 2
        }
        guard indices.allSatisfy({ $0 < offsets.count }), offsets.allSatisfy({ (-89_999...93_599).contains($0) }) else {
            throw damaged("it has an impossible local time type")
        }
        guard zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) else { throw damaged("its times don't ascend") }
        position += header.characters + header.standardIndicators + header.utIndicators
        let changes = zip(times, indices).map { ZoneTable.Change(at: $0, offset: offsets[Int($1)]) }
        // Times before the sun was there say which type comes first.
        let early = changes.prefix { $0.at <= OffsetSpan.distantPast }
        let usable = changes.dropFirst(early.count).prefix { $0.at < OffsetSpan.distantFuture }
        return ZoneTable(
            initial: early.last?.offset ?? offsets[0], changes: Array(usable),
            end: usable.last?.at ?? OffsetSpan.distantPast, footer: timeSize == 8 ? try footer() : nil)
    }

    /// A POSIX TZ string between two line feeds; empty when nothing is known beyond the last change.
    private mutating func footer() throws(Fault) -> PosixZone? {
        guard try take(1).first == UInt8(ascii: "\n"), let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n"))
        else { throw damaged("its footer is missing") }
        let text = bytes[position..<end]
        guard !text.isEmpty else { return nil }
        guard let zone = PosixZone(text) else { throw damaged("its footer is no POSIX TZ string") }
        return zone
    }

    private mutating func take(_ count: Int) throws(Fault) -> ArraySlice<UInt8> {
        guard position <= bytes.count - count else { throw damaged("it is cut short") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A signed number, most significant byte first.
    private mutating func number(_ size: Int) throws(Fault) -> Int64 {
        var value: Int64 = 0
        for byte in try take(size) { value = value << 8 | Int64(byte) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : value
    }

    private func damaged(_ reason: String) -> Fault {
        Fault(
            .badSchedule, "cannot read the rules of time zone \(name): \(reason)", hint: "install tzdata again")
    }
}
