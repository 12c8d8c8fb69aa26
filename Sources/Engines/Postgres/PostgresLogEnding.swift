import Model

/// How a transaction ended, as its record in the log says.
///
/// Source: PostgreSQL 15, `access/xact.h` (`xl_xact_commit`, `xl_xact_abort`) and `ParseCommitRecord` in
/// `access/rmgrdesc/xactdesc.c`, for the order of the optional parts.
struct PostgresLogEnding {
    /// By the server's clock.
    let at: Instant
    let isCommit: Bool
    /// The lower 32 bits of its number. One that was prepared is named inside the record, not by its header.
    private(set) var transaction: UInt32
    private(set) var subtransactions: [UInt32] = []

    /// XLOG_XACT_HAS_INFO.
    private static let hasParts: UInt8 = 0x80

    /// XACT_XINFO_HAS_…
    private enum Part {
        static let database: UInt32 = 1 << 0
        static let subtransactions: UInt32 = 1 << 1
        static let files: UInt32 = 1 << 2
        static let invalidations: UInt32 = 1 << 3
        static let twoPhase: UInt32 = 1 << 4
        static let statistics: UInt32 = 1 << 8
    }

    /// - Parameters:
    ///   - info: of the record's header.
    ///   - transaction: of the record's header.
    ///   - data: the record's own; nil is returned when it is no such record.
    init?(info: UInt8, transaction: UInt32, _ data: ArraySlice<UInt8>) {
        let kind = info & 0x70
        // Commits, aborts, and those of prepared transactions.
        guard [0x00, 0x20, 0x30, 0x40].contains(kind), data.count >= 8 else { return nil }
        at = PostgresLogTime.instant(data)
        isCommit = kind == 0x00 || kind == 0x30
        self.transaction = transaction
        guard info & Self.hasParts != 0 else { return }
        var rest = Rest(bytes: data.dropFirst(8))
        guard let parts = rest.number() else { return }
        if parts & Part.database != 0 { rest.skip(8) }
        if parts & Part.subtransactions != 0 { subtransactions = rest.numbers() }
        if parts & Part.files != 0 { rest.skipList(of: 12) }
        if parts & Part.statistics != 0 { rest.skipList(of: 12) }
        if parts & Part.invalidations != 0 { rest.skipList(of: 16) }
        if parts & Part.twoPhase != 0, let prepared = rest.number() { self.transaction = prepared }
    }

    /// Numbers are of 4 bytes, those of the machine that wrote them first.
    private struct Rest {
        var bytes: ArraySlice<UInt8>

        mutating func skip(_ count: Int) { bytes = bytes.dropFirst(count) }

        mutating func number() -> UInt32? {
            guard bytes.count >= 4 else { return nil }
            defer { skip(4) }
            return bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        }

        /// After how many there are.
        mutating func numbers() -> [UInt32] {
            let count = min(Int(number() ?? 0), bytes.count / 4)
            return (0..<count).compactMap { _ in number() }
        }

        mutating func skipList(of length: Int) { skip(Int(number() ?? 0) * length) }
    }
}

/// Gives transactions all 64 bits of their numbers, of which the log has the lower 32.
struct PostgresTransactionCounter {
    /// Nil when nobody knows the upper bits.
    private(set) var newest: UInt64?

    /// Below it are numbers that mean no transaction, such as in records of none.
    private static let firstNormal: UInt32 = 3

    mutating func see(_ number: UInt32) {
        guard number >= Self.firstNormal, let newest, let whole = whole(number) else { return }
        self.newest = max(newest, whole)
    }

    /// The one of that number that is nearest: no two that are alive at a time are further apart than half of all numbers.
    private func whole(_ number: UInt32) -> UInt64? {
        newest.map { $0 &+ UInt64(bitPattern: Int64(Int32(bitPattern: number &- UInt32(truncatingIfNeeded: $0)))) }
    }

    /// Whether a number of the log is the one that was asked for; one of 32 bits is as `xmin` shows it.
    func isIt(_ number: UInt32, _ asked: UInt64) -> Bool {
        guard number == UInt32(truncatingIfNeeded: asked) else { return false }
        guard asked > UInt64(UInt32.max), let whole = whole(number) else { return true }
        return whole == asked
    }
}
