package import Model

/// When the local clocks of a zone jump, and what they show in between. Cheap to copy.
package struct ZoneRules: Sendable {
    /// The IANA name.
    package let name: String
    private let table: ZoneTable

    /// - Parameter tzif: the content of a TZif file, version 1 to 4. Source: RFC 8536 and RFC 9636.
    /// - Throws: `bad-schedule` when it is none, is damaged or counts leap seconds.
    package init(name: String, tzif: [UInt8]) throws(Fault) {
        var reader = TZifReader(name: name, bytes: tzif)
        self.name = name
        table = try reader.table()
    }

    private init(name: String, table: ZoneTable) {
        self.name = name
        self.table = table
    }

    package static let utc = ZoneRules(
        name: "UTC", table: ZoneTable(initial: 0, changes: [], end: OffsetSpan.distantPast, footer: nil))

    /// Seconds that local clocks are east of UTC.
    package func offsetSeconds(at instant: Instant) -> Int { table.span(at: instant.seconds).offset }

    /// The first jump of local clocks after an instant; nil when there is none any more.
    package func nextTransition(after instant: Instant) -> Instant? {
        let end = span(at: instant.seconds).end
        return end == OffsetSpan.distantFuture ? nil : Instant(seconds: end)
    }

    /// The last jump of local clocks before an instant; nil when there was none yet.
    package func previousTransition(before instant: Instant) -> Instant? {
        // A jump within the second of `instant` lies at its start.
        let isWhole = instant.microseconds % 1_000_000 == 0
        let start = span(at: isWhole ? instant.seconds - 1 : instant.seconds).start
        return start == OffsetSpan.distantPast ? nil : Instant(seconds: start)
    }

    /// The stretch of an even clock that holds a second since 1970.
    package func span(at seconds: Int64) -> OffsetSpan {
        table.span(at: min(max(seconds, OffsetSpan.distantPast), OffsetSpan.distantFuture - 1))
    }
}

extension ZoneRules: Hashable {
    /// Same name, same rules.
    package static func == (left: ZoneRules, right: ZoneRules) -> Bool {
        left.name == right.name && (left.table === right.table || left.table.isSame(as: right.table))
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// The jumps of a zone: those of its file, then those of the file's footer.
final class ZoneTable: Sendable {
    struct Change: Sendable, Hashable {
        /// Seconds since 1970.
        var at: Int64
        /// Seconds east of UTC from then on.
        var offset: Int
    }

    private let initial: Int
    /// Ascending; each changes the offset.
    private let changes: [Change]
    /// Seconds since 1970 from which the footer counts.
    private let end: Int64
    private let footer: PosixZone?

    /// - Parameters:
    ///   - initial: the offset before the first change.
    ///   - changes: ascending.
    init(initial: Int, changes: [Change], end: Int64, footer: PosixZone?) {
        self.initial = initial
        var kept: [Change] = []
        for change in changes where change.offset != kept.last?.offset ?? initial { kept.append(change) }
        self.changes = kept
        self.end = end
        self.footer = footer
    }

    func isSame(as other: ZoneTable) -> Bool {
        (initial, end) == (other.initial, other.end) && changes == other.changes && footer == other.footer
    }

    func span(at seconds: Int64) -> OffsetSpan {
        guard let footer, seconds >= end else { return recorded(at: seconds) }
        var span = footer.span(at: seconds)
        guard span.start <= end else { return span }
        let last = recorded(last: changes.count)
        span.start = last.offset == span.offset ? last.start : end
        return span
    }

    private func recorded(at seconds: Int64) -> OffsetSpan {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        var span = recorded(last: low)
        guard low == changes.count, let footer else { return span }
        // The last recorded stretch lasts until the footer says otherwise.
        let next = footer.span(at: end)
        span.end = next.offset == span.offset ? next.end : end
        return span
    }

    /// The stretch that begins with the change before `index`.
    private func recorded(last index: Int) -> OffsetSpan {
        OffsetSpan(
            start: index == 0 ? OffsetSpan.distantPast : changes[index - 1].at,
            end: index < changes.count ? changes[index].at : OffsetSpan.distantFuture,
            offset: index == 0 ? initial : changes[index - 1].offset)
    }
}
