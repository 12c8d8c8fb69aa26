import Archiving
import Engines
import Model
import Operations
import Storage
import StorageTestSupport
import Testing

/// The log of a server on its way into the repository.
@Suite struct LogShelfTests {
    private static let secret = KeySecret.keyFile(KeyBytes(copying: [UInt8](repeating: 7, count: 32)))
    private static let unit = UnitID(bytes: [UInt8](repeating: 5, count: 16))
    private static let begin: UInt64 = 5 * LogShelf.stretch - 300

    /// The server's log: any byte tells its position.
    private static func bytes(_ range: Range<UInt64>) -> [UInt8] {
        range.map { UInt8(truncatingIfNeeded: ($0 &* 0x9E37_79B9_7F4A_7C15) >> 40) }
    }

    private static func base(_ offset: UInt64, timeline: UInt32 = 1) -> LogBase {
        LogBase(position: LogPosition(system: "7001", timeline: timeline, offset: offset), fileLength: 16 << 20)
    }

    private static func create(in store: any ObjectStore) throws {
        _ = try Repository.create(in: store, secret: secret, label: "", now: Instant(seconds: 0))
    }

    private static func open(_ store: any ObjectStore) throws -> BackupUnit {
        BackupUnit(unit, in: try Repository.open(in: store, secret: secret, for: .writing))
    }

    private static func shelf(_ unit: BackupUnit) throws -> LogShelf {
        if let newest = try StoredLogs(of: unit).newest, let last = newest.stretches.last {
            let log = try StoredLog(newest.stretches, in: unit)
            return try LogShelf.goingOn(after: last, log, record: newest.last, compression: .fast).shelf
        }
        return LogShelf(unit, from: base(begin).position, history: "", branch: 0, compression: .fast)
    }

    /// Stores in small steps until something fails.
    private static func run(_ unit: BackupUnit, acknowledged: inout UInt64) throws {
        var shelf = try shelf(unit)
        while shelf.durable < begin + 900 {
            try shelf.take(bytes(shelf.durable..<shelf.durable + 90), written: Instant(seconds: 10))
            try shelf.store()
            acknowledged = shelf.durable
        }
    }

    private static func content(_ unit: BackupUnit) throws -> [UInt8] {
        guard let log = try StoredLogs(of: unit).log(after: base(begin), finished: Instant(seconds: 20)) else {
            return []
        }
        var content: [UInt8] = []
        _ = try log.read(1, from: begin, to: nil) { _, bytes in
            content += bytes
            return true
        }
        return content
    }

    @Test(arguments: [false, true]) func nothingAcknowledgedIsLostWhereverThePowerGoes(after: Bool) throws {
        let fresh = FaultyStore()
        try Self.create(in: fresh)
        let start = fresh.afterPowerCut(seed: 0)
        let quiet = start.copy()
        var all: UInt64 = 0
        try Self.run(try Self.open(quiet), acknowledged: &all)
        #expect(quiet.names.contains { $0.hasSuffix("-0000000004fffed4-0000000005000000") }, "\(quiet.names)")
        for call in 1...quiet.calls {
            let dying = start.copy(trouble: after ? .killedAfter(call) : .killedBefore(call))
            var acknowledged = Self.begin
            #expect(throws: (any Error).self) { try Self.run(try Self.open(dying), acknowledged: &acknowledged) }
            for seed in 0..<3 as Range<UInt64> {
                let unit = try Self.open(dying.afterPowerCut(seed: seed &* 1000 &+ UInt64(call)))
                let found = try Self.content(unit)
                #expect(UInt64(found.count) >= acknowledged - Self.begin, "call \(call), seed \(seed)")
                #expect(found == Self.bytes(Self.begin..<Self.begin + UInt64(found.count)))
                // And it goes on where it was.
                var end = Self.begin + UInt64(found.count)
                try Self.run(unit, acknowledged: &end)
                #expect(try Self.content(unit) == Self.bytes(Self.begin..<end))
            }
        }
        print("log on its way: power cut at each of \(quiet.calls) calls, \(after ? "after" : "before")")
    }

    @Test func manySmallStretchesBecomeOne() throws {
        let store = FaultyStore()
        try Self.create(in: store)
        let unit = try Self.open(store)
        var shelf = try Self.shelf(unit)
        for _ in 0..<300 {
            try shelf.take(Self.bytes(shelf.durable..<shelf.durable + 7), written: Instant(seconds: 10))
            try shelf.store()
        }
        #expect(store.names.count { $0.contains("/logs/") } < 70)
        #expect(try Self.content(unit) == Self.bytes(Self.begin..<Self.begin + 2100))
    }

    @Test func logOlderThanTheWindowGoesAndWhatLeadsIntoItStays() throws {
        let store = FaultyStore()
        try Self.create(in: store)
        let unit = try Self.open(store)
        func put(_ range: Range<UInt64>, timeline: UInt32 = 1, branch: Int = 0, at seconds: Int64) throws -> LogSpan {
            let span = LogSpan(
                lineage: LogSpan.lineage(of: "7001", branch: branch), timeline: timeline, from: range.lowerBound,
                to: range.upperBound)
            let record = LogRecord(
                span: span, system: "7001", branch: branch, began: Instant(seconds: seconds),
                written: Instant(seconds: seconds))
            try Self.bytes(range).withUnsafeBytes {
                try unit.repository.putLog($0, record, of: unit.id, compression: .fast)
            }
            return span
        }
        let first = try put(100..<200, at: 10)
        let inner = try put(120..<150, at: 12)
        let second = try put(200..<300, at: 20)
        _ = try put(300..<400, timeline: 2, at: 30)
        let logs = try StoredLogs(of: unit)
        func released(_ now: Int64, _ backups: [(Int64, UInt64, UInt32)]) -> Set<LogSpan> {
            let anchors = backups.map {
                LogRetention.Anchor(finished: Instant(seconds: $0.0), base: Self.base($0.1, timeline: $0.2))
            }
            let retention = LogRetention(now: Instant(seconds: now), window: .seconds(15))
            return Set(retention.released(logs, anchors: anchors))
        }
        #expect(released(30, [(10, 110, 1), (20, 210, 1)]) == [inner])
        #expect(released(35, [(10, 110, 1), (20, 210, 1)]) == [inner, first])
        #expect(released(44, [(10, 110, 1), (20, 210, 1), (29, 310, 2)]) == [inner, first, second])
        // The backup before the window is gone: from the first one on.
        #expect(released(35, [(30, 250, 1)]) == [inner, first])
        // A quiet server writes nothing for long: its newest log is never too old.
        #expect(released(90, [(10, 110, 1)]) == [inner])
        #expect(released(90, []).isEmpty)
    }
}
