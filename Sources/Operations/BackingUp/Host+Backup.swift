import Catalog
import Engines
import Model
import Platform
import Policies
import Settings
import Storage
import Wire

extension Host {
    /// Queues a recorded backup run; `ended` is called once, whatever becomes of it.
    func startBackup(
        of database: LocatedDatabase, _ run: Catalog::Run, _ order: BackupOrder,
        priority: QueueMachine.Priority? = nil, ended: @escaping @Sendable () -> Void = {}
    ) {
        let name = database.found.name
        let isQuiet = order.origin == .scheduled && order.kind == .progressive
        let started = MessageDraft(.info, .backupStarted, "backup of \(name) started")
        start(
            run, priority: priority ?? (order.origin == .onDemand ? .onDemand : .scheduled),
            started: isQuiet ? [] : [started],
            work: { context in
                var ending = try context.host.backUp(database, order, context)
                ending.findings.startsCooldown = order.startsCooldown
                return ending
            },
            failed: { [self] fault in
                var ending = RunEnding.failure(fault, .backupFailed, "backup of \(name) failed")
                if isQuiet, hasFailed(database.unit, by: fault.code) { ending.messages = [] }
                return ending
            },
            ended: { [self] in
                following.lookAgain(at: database.server.name)
                ended()
            })
    }

    /// Whether the latest backup failed the same way: every tick is on record, the message center hears of it once and
    /// again with each full.
    private func hasFailed(_ unit: UnitID, by code: Code) -> Bool {
        (try? catalog.database(unit))??.fault?.code == code
    }

    private func backUp(
        _ database: LocatedDatabase, _ order: BackupOrder, _ context: RunContext
    ) throws -> RunEnding {
        let unit = BackupUnit(database.unit, in: try repositories.open())
        let record = try catalog.database(database.unit)
        let known = record?.lastBackup.flatMap { last in
            record?.changeToken.map { KnownState(backup: last.backup, token: $0) }
        }
        var order = order
        // Only a full stores again what has not changed.
        let damaged = order.kind == .full ? nil : try damagedNewest(of: unit)
        if damaged != nil { order.kind = .full }
        order.isNewestUnusable = try isNewestDeleted(unit)
        let backUp = BackUp(
            engine: database.server.engine, database: database.found, server: database.server.name, unit: unit,
            compression: repositories.compression, order: order,
            started: context.run.started ?? context.run.requested, known: known,
            throttle: throttle(of: database.server.settings), begin: { context.begin("reading", total: $0) },
            step: { try context.advance(by: $0) })
        switch try backUp.run() {
        case .unchanged(let newest, let instant, let token):
            return unchanged(database, newest, instant, token, order)
        case .made(let record, let read, let notes, let healed):
            try repositories.confirm(unit.repository)
            let mended = mergeMaps(of: unit, database.found.name)
            var ending = made(database, record, read, notes, healed, insteadOf: damaged)
            ending.messages.insert(contentsOf: mended, at: 0)
            return ending
        }
    }

    /// The limits of the server, by the clocks of the daemon's zone.
    private func throttle(of server: ServerSettings) -> Throttle {
        let (plan, zone) = (server.load, try? daemonZone())
        return Throttle {
            plan.limits(at: WallClock.now()) { zone?.offsetSeconds(at: $0) ?? LocalZone.offsetSeconds(at: $0) }
        }
    }

    /// Not part of the commit: what fails here is done the next time.
    /// - Returns: what is to be said of maps that had been lost.
    private func mergeMaps(of unit: BackupUnit, _ name: DatabaseName) -> [MessageDraft] {
        let lost = unit.repository.unusableMaps(of: unit.id)
        _ = try? unit.repository.mergeMaps(of: unit.id)
        let count = lost.count - unit.repository.unusableMaps(of: unit.id).count
        guard count > 0 else { return [] }
        let what = count == 1 ? "a map of \(name) was" : "\(count) maps of \(name) were"
        return [
            MessageDraft(
                .warning, .mapRebuilt, "\(what) damaged or missing, and made anew; no backup is affected",
                database: name,
                hint: "look for the cause of the damage, such as errors of the disk")
        ]
    }

    private func isNewestDeleted(_ unit: BackupUnit) throws -> Bool {
        guard let newest = try unit.repository.lastSequence(of: unit.id) else { return false }
        return try unit.repository.markState(of: newest, unit.id).deleted != nil
    }

    /// The backup that the next one builds on, also a deleted one, when it is known to be damaged.
    private func damagedNewest(of unit: BackupUnit) throws -> BackupID? {
        guard try !unit.damage().isEmpty, let newest = try unit.newestSequence(), try damage.isDamaged(newest, of: unit)
        else { return nil }
        return BackupID(unit: unit.id, sequence: newest)
    }

    /// - Parameter damaged: the backup before, when it is known to be damaged: why this one is a full.
    private func made(
        _ database: LocatedDatabase, _ record: PointRecord, _ read: ByteCount, _ notes: [SnapshotNote],
        _ healed: Fault?, insteadOf damaged: BackupID?
    ) -> RunEnding {
        let (name, draft) = (database.found.name, record.draft)
        let size = ByteCount(draft.files.reduce(0) { $0 + $1.length })
        var messages = notes.map { note in MessageDraft(note.severity, note.code, "\(name): \(note)") }
        if let healed {
            messages.append(
                MessageDraft(
                    .error, .stepRefused,
                    "the backup before could not be built on: \(healed.message); all pages of \(name) were stored anew",
                    hint: "run `holdfast verify \(name.shellWord)` to learn which backups are affected"))
        }
        if let drift = draft.drift { messages += Self.messages(of: drift, record) }
        messages.append(
            MessageDraft(
                .success, .backupSucceeded,
                "\(draft.kind.rawValue) backup \(record.id) of \(name): \(record.pagesStored) pages stored in "
                    + "\(record.bytesStored), image of \(size)"
                    + (damaged.map { "; made a full since the backup before, \($0), is damaged" } ?? "")))
        let capture = Catalog::Capture(record, size: size)
        return RunEnding(
            outcome: .succeeded(backup: record.id, read: read, stored: record.bytesStored),
            findings: RunFindings(capture: capture), messages: messages)
    }

    private static func messages(of drift: Drift, _ record: PointRecord) -> [MessageDraft] {
        let (name, hasSuspects) = (record.draft.database, drift.suspectFrom < record.sequence)
        let alarm = MessageDraft(
            .error, .drift, "\(drift.pages) pages of \(name) had changed without notice; this full backup has them",
            hint: hasSuspects
                ? "prove the backups that are suspect now, and report it" : "no earlier backup is affected")
        guard hasSuspects else { return [alarm] }
        let (first, last) = (
            BackupID(unit: record.unit, sequence: drift.suspectFrom),
            BackupID(unit: record.unit, sequence: record.sequence - 1)
        )
        let which = first == last ? "backup \(first) of \(name) is" : "backups \(first) up to \(last) of \(name) are"
        return [
            alarm,
            MessageDraft(
                .warning, .backupSuspect, "\(which) suspect: pages may have changed without notice before",
                hint:
                    "`holdfast verify \(name.shellWord) --level restore` proves them; what it proves is suspect no "
                    + "longer"
            ),
        ]
    }

    private func unchanged(
        _ database: LocatedDatabase, _ newest: PointRecord, _ instant: Instant, _ token: String,
        _ order: BackupOrder
    ) -> RunEnding {
        let capture = Catalog::Capture(
            unit: database.unit, backup: nil, kind: newest.draft.kind, instant: instant, changeToken: token)
        let text = "\(database.found.name) is unchanged since backup \(newest.id); nothing had to be stored"
        let isQuiet = order.origin == .scheduled
        return RunEnding(
            outcome: .succeeded(backup: newest.id), findings: RunFindings(capture: capture),
            messages: isQuiet ? [] : [MessageDraft(.success, .backupUnchanged, text)],
            show: { $0.outcome = text })
    }
}

extension Catalog::Capture {
    /// What a committed backup says of its database.
    init(_ record: PointRecord, size: ByteCount) {
        self.init(
            unit: record.unit, backup: record.id, kind: record.draft.kind, instant: record.draft.instant, size: size,
            changeToken: record.draft.token)
    }
}

extension SnapshotNote {
    fileprivate var severity: Severity {
        switch self {
        case .writersHeld: .warning
        case .recoveredFromJournal, .readAbandonedLog: .info
        case .pagesDamaged: .error
        }
    }

    fileprivate var code: Code {
        switch self {
        case .writersHeld: .writersHeld
        case .recoveredFromJournal, .readAbandonedLog: .sourceRecovered
        case .pagesDamaged: .databaseDamaged
        }
    }
}
