import Model

/// Times of PostgreSQL: microseconds since 2000.
enum PostgresLogTime {
    static let epoch = Instant(seconds: 946_684_800)

    static func instant(_ bytes: ArraySlice<UInt8>) -> Instant {
        let number = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return epoch + .microseconds(Int64(bitPattern: number))
    }

    /// For people.
    static func text(_ instant: Instant) -> String { instant.rfc3339Exact() }
}
