import Catalog
import Foundation
import Model
import Scheduling
import Synchronization

extension Catalog: ScheduleLedger {}

/// The real catalog, in a folder of its own.
final class CatalogLedger: AdminLedger {
    private struct Files {
        var database: Data
        var log: Data
    }

    private let folder: String
    let catalog: Catalog
    private let beforeKill = Mutex<Files?>(nil)

    init(_ files: (database: Data, log: Data)? = nil) throws {
        let root = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        folder = "\(root)/holdfast-ledger-\(Identifier.random())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if let files {
            try files.database.write(to: URL(fileURLWithPath: "\(folder)/catalog.db"))
            try files.log.write(to: URL(fileURLWithPath: "\(folder)/catalog.db-wal"))
        }
        catalog = try Catalog.open("\(folder)/catalog.db")
    }

    deinit {
        try? catalog.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func add(_ schedule: Schedule, at instant: Instant) throws {
        try catalog.addSchedule(schedule, by: .daemon, at: instant)
    }

    func set(_ name: String, enabled: Bool, at instant: Instant) throws {
        try catalog.setSchedule(name, enabled: enabled, by: .daemon, at: instant)
    }

    func set(_ name: String, when: String, at instant: Instant) throws {
        guard var schedule = try catalog.schedule(name)?.definition else { return }
        schedule.when = when
        try catalog.replaceSchedule(name, with: schedule, by: .daemon, at: instant)
    }

    func ledgerContent() throws -> LedgerContent { try catalog.ledgerContent() }

    func commit(_ changes: LedgerChanges) throws -> [OccurrenceID?] { try catalog.commit(changes) }

    func rewind(_ schedules: [ScheduleRewind], to now: Instant) throws -> [ScheduleID: SchedulePosition] {
        try catalog.rewind(schedules, to: now)
    }

    func prepareForKill() throws {
        let files = try read()
        beforeKill.withLock { $0 = files }
    }

    /// The catalog as a kill in the middle of the last transaction leaves it: its log written up to some byte.
    func torn(_ random: inout SeededGenerator) throws -> CatalogLedger {
        let after = try read()
        guard let before = beforeKill.withLock({ $0 }) else { return self }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return try CatalogLedger((before.database, before.log))
        case 1: return try CatalogLedger((after.database, after.log))
        default:
            // The log is written from its begin or goes on where it ended; what is behind the cut is as it was.
            let same = zip(before.log, after.log).prefix { $0 == $1 }.count
            guard same < after.log.count else { return try CatalogLedger((before.database, before.log)) }
            let cut = Int.random(in: same..<after.log.count, using: &random)
            return try CatalogLedger((before.database, after.log.prefix(cut) + before.log.dropFirst(cut)))
        }
    }

    private func read() throws -> Files {
        let log = URL(fileURLWithPath: "\(folder)/catalog.db-wal")
        return Files(
            database: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/catalog.db")),
            log: (try? Data(contentsOf: log)) ?? Data())
    }

    /// Whether a transaction is in it; nil when only a part of it is.
    func holds(_ transaction: CuttableLedger.Transaction) throws -> Bool? {
        let open = try catalog.openOccurrences()
        var found: Set<Bool> = []
        for (claim, id) in zip(transaction.changes.claims, transaction.claimed) {
            guard let id else { continue }
            found.insert(try catalog.occurrences(of: claim.name, limit: 3).contains { $0.id == id })
        }
        for (id, step) in transaction.changes.steps {
            let occurrence = open.first { $0.id == id }
            switch step {
            case .begin(let attempt, let interruptions):
                found.insert(
                    occurrence.map {
                        $0.attempt == attempt && $0.interruptions == interruptions && $0.nextAttempt == nil
                    } ?? false)
            case .retry(_, _, let next, _, _): found.insert(occurrence?.nextAttempt == next)
            case .close: found.insert(occurrence == nil)
            }
        }
        return found.count == 1 ? found.first : nil
    }
}
