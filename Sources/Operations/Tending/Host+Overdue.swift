import Catalog
import Model
import Platform
import Policies
import Scheduling
import Synchronization

extension Host {
    private static let memory = "overdue"

    /// Since when each late database is overdue.
    func overdueSince() -> [UnitID: Instant] { tending.state.withLock { $0.overdue } }

    /// Finds the databases whose backups are late, and says so once for each, and again when they are on time.
    func observeOverdue() throws {
        // What was missed while the daemon was down is made up first.
        guard BootClock.now() - tending.began >= .seconds(50) else { return }
        let now = WallClock.now()
        let schedules = BackupSchedules(timing.status())
        let changed = Dictionary(
            try catalog.schedules().map { ($0.definition.name, $0.changed) }, uniquingKeysWith: { first, _ in first })
        let zone = try daemonZone()
        var recurrences: [String: Recurrence] = [:]
        var late: [UnitID: Instant] = [:]
        var drafts: [UnitID: MessageDraft] = [:]
        for record in try catalog.databases() {
            let plans = schedules.covering(record.name).compactMap { status -> Overdue.Plan? in
                let schedule = status.schedule
                guard let recurrence = recurrences[schedule.name] ?? (try? .of(schedule, daemonZone: zone)) else {
                    return nil
                }
                recurrences[schedule.name] = recurrence
                return Overdue.Plan(
                    schedule: schedule.name,
                    lastGood: record.lastGood(schedule.kind), inForceSince: changed[schedule.name],
                    next: { recurrence.next(after: $0)?.instant })
            }
            guard
                case .since(let since, let planned, let schedule) = Overdue.state(
                    of: plans, firstSeen: record.firstSeen, now: now)
            else { continue }
            late[record.unit] = since
            drafts[record.unit] = Self.message(record, planned: planned, schedule: schedule)
        }
        try tell(late, drafts)
    }

    private static func message(_ record: DatabaseRecord, planned: Instant, schedule: String) -> MessageDraft {
        let time = planned.rfc3339(offsetSeconds: LocalZone.offsetSeconds(at: planned))
        return MessageDraft(
            .error, .backupOverdue, "\(record.name) is overdue: what \(schedule) had planned for \(time) is not there",
            database: record.name, cause: record.fault.map { "the last attempt failed: \($0.text)" },
            hint: "see `holdfast schedules show \(schedule)` and `holdfast runs --database \(record.name.shellWord)`")
    }

    /// Who was told of survives a restart, so that nobody hears of the same lateness twice.
    private func tell(_ late: [UnitID: Instant], _ drafts: [UnitID: MessageDraft]) throws {
        // Shown whatever becomes of the messages: on a full disk most of all.
        tending.state.withLock { $0.overdue = late }
        let before = try tending.state.withLock { $0.told } ?? Set(catalog.recall(Self.memory, as: [String].self) ?? [])
        let now = Set(late.keys.map(\.description))
        var messages = late.keys.filter { !before.contains($0.description) }.compactMap { drafts[$0] }
        for unit in before.subtracting(now).sorted() {
            guard let id = UnitID(unit), let record = try catalog.database(id), record.state != .gone else { continue }
            messages.append(
                MessageDraft(
                    .success, .backupOnTime, "the backups of \(record.name) are on time again", database: record.name))
        }
        if now != before { try catalog.remember(now.sorted(), as: Self.memory) }
        tending.state.withLock { $0.told = now }
        say(messages.sorted { $0.text < $1.text })
    }
}

extension DatabaseRecord {
    /// When the database was last known to be safe by a schedule of this kind; a full counts for both.
    fileprivate func lastGood(_ kind: BackupKind?) -> Instant? {
        kind == .full ? lastFull : [lastBackup?.instant, unchangedAsOf, lastFull].compactMap { $0 }.max()
    }
}
