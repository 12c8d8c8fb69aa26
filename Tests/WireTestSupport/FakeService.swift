package import Model
internal import Synchronization
package import Wire

/// A service that answers with samples and notes who called what.
package final class FakeService: Service {
    private let calls = Mutex<[String]>([])
    private let actors = Mutex<[Actor]>([])
    private let failure = Mutex<Fault?>(nil)
    private let status = Mutex(Samples.status)
    private let symptoms = Mutex<[Symptom]>([])
    private let keySlots = Mutex([KeySlot(id: "1", kind: .keyFile, label: "first", created: Samples.instant)])
    private let maintained = Mutex([Samples.maintenance])
    private let planned = Mutex([Samples.schedule])
    private let windows = Mutex(Samples.maintenance.next)
    private let listed = Mutex([Samples.backup])
    private let followers = Mutex<[AsyncStream<MessageEvent>.Continuation]>([])
    private let history = Mutex((1...3).map { Samples.message($0) })
    private let queries = Mutex<[MessageQuery]>([])
    private let closedDownloads = Mutex(0)

    /// Further parts of two backups each, before the last one of a listing.
    private let longList: Int

    package init(longList: Int = 0) { self.longList = longList }

    package let timeZone = "Europe/Berlin"
    package let version = "0.1"

    package var noted: [String] { calls.withLock { $0 } }
    package var actorsSeen: [Actor] { actors.withLock { $0 } }
    package var downloadsClosed: Int { closedDownloads.withLock { $0 } }

    /// From now on every call throws this; nil ends that.
    package func fail(with fault: Fault?) { failure.withLock { $0 = fault } }
    package func set(_ value: Status) { status.withLock { $0 = value } }
    package func set(_ value: [Symptom]) { symptoms.withLock { $0 = value } }
    package func set(_ value: [KeySlot]) { keySlots.withLock { $0 = value } }
    package func set(_ value: [MaintenanceStatus]) { maintained.withLock { $0 = value } }
    package func set(_ value: [PlannedWindow]) { windows.withLock { $0 = value } }
    package func set(_ value: [ScheduleStatus]) { planned.withLock { $0 = value } }
    package func set(_ value: [Backup]) { listed.withLock { $0 = value } }

    package var messageQueries: [MessageQuery] { queries.withLock { $0 } }

    /// Replaces what has been said before.
    package func setHistory(_ messages: [Message]) { history.withLock { $0 = messages } }

    /// Sends a message to all followers, and to those who come later.
    package func send(_ message: Message) {
        followers.withLock { all in
            history.withLock { $0.append(message) }
            for one in all { one.yield(.message(message)) }
        }
    }

    /// Tells all followers that messages up to this one are gone.
    package func tellPruned(through id: MessageID) {
        followers.withLock { all in for one in all { one.yield(.pruned(PrunedNotice(through: id))) } }
    }

    package func endFollowers() { followers.withLock { all in for one in all { one.finish() } } }
    package var followerCount: Int { followers.withLock { $0.count } }

    fileprivate func note(_ call: String, _ actor: Actor) throws {
        calls.withLock { $0.append(call) }
        actors.withLock { $0.append(actor) }
        if let fault = failure.withLock({ $0 }) { throw fault }
    }

    package func status(for actor: Actor) throws -> Status {
        try note("status", actor)
        return status.withLock { $0 }
    }

    package func examination(for actor: Actor) throws -> [Symptom] {
        try note("examination", actor)
        return symptoms.withLock { $0 }
    }

    package func databases(deleted: Bool, for actor: Actor) throws -> [Database] {
        try note("databases deleted=\(deleted)", actor)
        return [Samples.database]
    }

    package func database(_ name: String, for actor: Actor) throws -> Database {
        try note("database \(name)", actor)
        _ = try NameSelection.one(name, among: [Samples.name])
        return Samples.database
    }

    package func clients(of pattern: String?, for actor: Actor) throws -> [DatabaseClient] {
        try note("clients \(pattern ?? "")", actor)
        return [
            DatabaseClient(
                id: "crm:7", database: Samples.name, pid: 7, command: "crm", user: "www-data", uid: 33,
                unit: "crm.service")
        ]
    }

    package func disconnectClients(_ request: DisconnectRequest, by actor: Actor) throws -> DisconnectReply {
        try note("disconnect \(request.clients) all=\(request.all ?? "") after \(request.graceSeconds)", actor)
        return DisconnectReply(disconnected: 1, left: [])
    }

    package func closeDatabases(_ request: CloseRequest, by actor: Actor) throws -> [ClosedDatabase] {
        try note("close \(request.databases) after \(request.graceSeconds)", actor)
        return [ClosedDatabase(database: Samples.name, since: Instant(seconds: 0), actor: Principal(actor))]
    }

    package func openDatabases(_ request: OpenRequest, by actor: Actor) throws -> [DatabaseName] {
        try note("open \(request.databases)", actor)
        return [Samples.name]
    }

    package func messageClients(_ request: ClientMessage, by actor: Actor) throws -> [DatabaseName] {
        try note("tell \(request.database) \(request.text)", actor)
        return [Samples.name]
    }

    package func requestBackup(_ request: BackupRequest, by actor: Actor) throws -> BackupReply {
        try note("backup \(request.databases) all=\(request.all) full=\(request.full)", actor)
        let skipped = SkippedDatabase(
            database: DatabaseName("crm/other.db"), code: .inCooldown, message: "in cooldown", retryAfterSeconds: 60)
        return BackupReply(runs: [Samples.run("run-1", .waiting)], skipped: request.all ? [skipped] : [])
    }

    package func backupListing(_ filter: BackupFilter, for actor: Actor) throws -> BackupListing {
        try note("backups \(filter.databases) limit=\(filter.limit ?? 0)", actor)
        let parts = Mutex(
            [listed.withLock { $0 }] + Array(repeating: [Samples.backup, Samples.backup], count: longList))
        return BackupListing { parts.withLock { $0.popLast() } }
    }

    package func backup(_ id: BackupID, for actor: Actor) throws -> Backup { try one(id, "backup", actor) }
    package func preserve(_ id: BackupID, by actor: Actor) throws -> Backup { try one(id, "preserve", actor) }
    package func release(_ id: BackupID, by actor: Actor) throws -> Backup { try one(id, "release", actor) }
    package func delete(_ id: BackupID, by actor: Actor) throws -> Backup { try one(id, "delete", actor) }
    package func undelete(_ id: BackupID, by actor: Actor) throws -> Backup { try one(id, "undelete", actor) }

    private func one(_ id: BackupID, _ call: String, _ actor: Actor) throws -> Backup {
        try note("\(call) \(id)", actor)
        guard id == Samples.backupID else { throw Fault(.notFound, "no backup \(id)") }
        return Samples.backup
    }

    /// 64 chunks of 64 KiB, each filled with its number.
    package func download(_ id: BackupID, by actor: Actor) throws -> Download {
        try note("download \(id)", actor)
        let chunk = Mutex(0)
        return Download(fileName: "app.db", length: ByteCount(64 << 16)) {
            let number = chunk.withLock { number in
                defer { number += 1 }
                return number
            }
            return number < 64 ? [UInt8](repeating: UInt8(number), count: 1 << 16) : nil
        } close: {
            self.closedDownloads.withLock { $0 += 1 }
        }
    }

    package func restore(_ request: RestoreRequest, by actor: Actor) throws -> Run {
        try note("restore \(request.database) to=\(request.to ?? "") in_place=\(request.inPlace)", actor)
        return Samples.run("run-2", .waiting)
    }

    package func verify(_ request: VerifyRequest, by actor: Actor) throws -> Run {
        try note("verify \(request.databases) \(request.level.rawValue)", actor)
        return Samples.run("run-3", .waiting)
    }

    /// Of all databases: one that is good, one that is bad and one left out.
    package func drill(_ request: DrillRequest, by actor: Actor) throws -> DrillReply {
        try note("drill \(request.databases) all=\(request.all) backup=\(request.backup?.description ?? "")", actor)
        let skipped = SkippedDatabase(
            database: DatabaseName("crm/other.db"), code: .notFound, message: "no backup to drill")
        let good = Samples.run("run-4", .waiting)
        return request.all
            ? DrillReply(runs: [good, Samples.run("run-bad", .waiting)], skipped: [skipped]) : DrillReply(runs: [good])
    }

    package func runs(_ query: RunQuery, for actor: Actor) throws -> [Run] {
        try note("runs active=\(query.active)", actor)
        return [Samples.run()]
    }

    package func run(_ id: String, for actor: Actor) throws -> Run {
        try note("run \(id)", actor)
        return ended(id)
    }

    private func ended(_ id: String) -> Run {
        var run = Samples.run(id, id == "run-bad" ? .failed : .succeeded)
        if id == "run-bad" {
            var fault = Fault(.drillFailed, "its backup is bad")
            fault.cause = "page 7"
            run.fault = ProblemObject(fault)
            run.outcome = "restore drill of \(Samples.name) failed: its backup is bad"
        }
        return run
    }

    /// Waiting, running, succeeded.
    package func followRun(_ id: String, for actor: Actor) throws -> AsyncStream<Run> {
        try note("follow \(id)", actor)
        return AsyncStream { continuation in
            for state in [RunState.waiting, .running] { continuation.yield(Samples.run(id, state)) }
            continuation.yield(ended(id))
            continuation.finish()
        }
    }

    package func cancelRun(_ id: String, by actor: Actor) throws -> Run {
        try note("cancel \(id)", actor)
        return Samples.run(id, .cancelled)
    }

    package func messages(_ query: MessageQuery, for actor: Actor) throws -> [Message] {
        try note("messages after=\(query.after.map { $0.description } ?? "")", actor)
        queries.withLock { $0.append(query) }
        return history.withLock { $0 }.filter { message in query.after.map { message.id > $0 } ?? true }
    }

    package func message(_ id: MessageID, for actor: Actor) throws -> MessageDetail {
        try note("message \(id)", actor)
        guard let message = history.withLock({ $0.first { $0.id == id } }) else {
            throw Fault(.notFound, "there is no message \(id)")
        }
        let failure = RepeatedFailure(
            instant: Samples.instant, code: .backupFailed, database: Samples.name, run: "7", text: "backup failed")
        return MessageDetail(message: message, failures: [failure])
    }

    /// No message is lost or doubled between what was and what comes.
    package func followMessages(_ query: MessageQuery, for actor: Actor) throws -> AsyncStream<MessageEvent> {
        let (stream, continuation) = AsyncStream<MessageEvent>.makeStream()
        try followers.withLock { followers in
            let old = try messages(query, for: actor)
            continuation.yield(.position(query.after ?? MessageID(0)))
            for message in old { continuation.yield(.message(message)) }
            followers.append(continuation)
        }
        return stream
    }

    package func acknowledgeAll(_ query: MessageQuery, by actor: Actor) throws -> AcknowledgeReply {
        try note("acknowledge all", actor)
        queries.withLock { $0.append(query) }
        return AcknowledgeReply(acknowledged: 17)
    }

    package func acknowledge(_ ids: [MessageID], by actor: Actor) throws -> [Message] {
        try note("acknowledge \(ids)", actor)
        return ids.map { Samples.message($0.number) }
    }

    package func repositorySpace(for actor: Actor) throws -> RepositorySpace {
        try note("space", actor)
        return Samples.space
    }

    package func checkRepository(by actor: Actor) throws -> RepositoryCheck {
        try note("check", actor)
        return RepositoryCheck(objects: 3, bytes: ByteCount(1000))
    }

    package func keys(for actor: Actor) throws -> [KeySlot] {
        try note("keys", actor)
        return keySlots.withLock { $0 }
    }

    package func addKey(_ request: KeyRequest, by actor: Actor) throws -> KeyReply {
        try note("add key \(request.kind.rawValue)", actor)
        return KeyReply(slot: KeySlot(id: "2", kind: request.kind, label: request.label, created: Samples.instant))
    }

    package func removeKey(_ slot: String, by actor: Actor) throws -> KeySlot {
        try note("remove key \(slot)", actor)
        return KeySlot(id: slot, kind: .recovery, label: "", created: Samples.instant)
    }

    package func effectiveSettings(for actor: Actor) throws -> [EffectiveSetting] {
        try note("settings", actor)
        return [EffectiveSetting(key: "backup.parallel", value: "2", source: "default")]
    }

    package func reload(by actor: Actor) throws -> [EffectiveSetting] { try effectiveSettings(for: actor) }
}

// MARK: - Schedules and retention

extension FakeService {
    package func schedules(for actor: Actor) throws -> [ScheduleStatus] {
        try note("schedules", actor)
        return planned.withLock { $0 }
    }

    package func schedule(_ name: String, for actor: Actor) throws -> ScheduleStatus {
        try note("schedule \(name)", actor)
        return Samples.schedule
    }

    package func addSchedule(_ schedule: Schedule, by actor: Actor) throws -> ScheduleStatus {
        try note("add schedule \(schedule.name) \(schedule.when) \(schedule.scope)", actor)
        return ScheduleStatus(schedule: schedule, zone: timeZone, next: Samples.instant, warning: "it covers nothing")
    }

    package func changeSchedule(_ name: String, to schedule: Schedule, by actor: Actor) throws -> ScheduleStatus {
        try note("change schedule \(name) \(schedule.name) \(schedule.when)", actor)
        return ScheduleStatus(schedule: schedule, zone: timeZone)
    }

    package func removeSchedule(_ name: String, by actor: Actor) throws -> ScheduleStatus {
        try note("remove schedule \(name)", actor)
        return Samples.schedule
    }

    package func enableSchedule(_ name: String, _ enabled: Bool, by actor: Actor) throws -> ScheduleStatus {
        try note("\(enabled ? "enable" : "disable") schedule \(name)", actor)
        return Samples.schedule
    }

    package func resetSchedule(_ name: String, by actor: Actor) throws -> ScheduleStatus {
        try note("reset schedule \(name)", actor)
        return Samples.schedule
    }

    package func runSchedule(_ name: String, by actor: Actor) throws -> ScheduleStatus {
        try note("run schedule \(name)", actor)
        return Samples.schedule
    }

    package func occurrences(_ query: OccurrenceQuery, for actor: Actor) throws -> [PlannedOccurrence] {
        try note("occurrences \(query.schedule ?? query.when ?? "") \(query.zone ?? "") \(query.count)", actor)
        return [PlannedOccurrence(instant: Samples.instant, local: "2026-11-22T10:00:00+01:00", note: "shifted")]
    }

    package func retention(for actor: Actor) throws -> [RetentionEntry] {
        try note("retention", actor)
        return [RetentionEntry(scope: "", rules: RetentionRules(keepDays: 30, deletedDays: 7), source: "settings")]
    }

    package func setRetention(_ change: RetentionChange, by actor: Actor) throws -> [RetentionEntry] {
        try note("set retention \(change.scope) \(change.rules.keepDays ?? 0) reset=\(change.reset)", actor)
        return [RetentionEntry(scope: change.scope, rules: change.rules, source: "admin", warnings: ["odd"])]
    }

    package func previewRetention(_ request: PruneRequest, for actor: Actor) throws -> [RetentionPreview] {
        try note("preview \(request.databases) now=\(request.now)", actor)
        return [
            RetentionPreview(
                database: Samples.name,
                verdicts: [
                    RetentionVerdict(
                        backup: Samples.backupID, instant: Samples.instant, kind: .full, verdict: .released,
                        rule: "keep_days 30 (default)", freed: ByteCount(2048))
                ], freed: .zero, notes: ["held"])
        ]
    }

    package func prune(_ request: PruneRequest, by actor: Actor) throws -> Run {
        try note("prune now=\(request.now) confirmed=\(request.confirmed)", actor)
        return Samples.run("run-4", .waiting)
    }

    package func confirmClock(by actor: Actor) throws -> Status {
        try note("confirm clock", actor)
        return Samples.status
    }

    package func adopt(_ request: AdoptRequest, by actor: Actor) throws -> Database {
        try note("adopt \(request.from) by \(request.database)", actor)
        return Samples.database
    }

    package func declaration(for actor: Actor) throws -> Declaration {
        try note("declaration", actor)
        return Declaration(
            schedules: [Samples.schedule.schedule],
            retention: [RetentionEntry(scope: "crm/", rules: RetentionRules(keepLast: 3), source: "admin")])
    }

    package func apply(_ request: ApplyRequest, by actor: Actor) throws -> ApplyReply {
        try note("apply \(request.declaration.schedules.map(\.name)) dry=\(request.dryRun)", actor)
        return ApplyReply(changes: ["schedule nightly added"], others: ["crm-full"])
    }
}

// MARK: - Maintenance

extension FakeService {
    package func maintenance(for actor: Actor) throws -> [MaintenanceStatus] {
        try note("maintenance", actor)
        return maintained.withLock { $0 }
    }

    package func maintenance(of server: String, for actor: Actor) throws -> MaintenanceStatus {
        try note("maintenance of \(server)", actor)
        return Samples.maintenance
    }

    package func previewMaintenance(
        of server: String, from: Instant?, count: Int, for actor: Actor
    ) throws -> [PlannedWindow] {
        try note("preview maintenance of \(server) \(count)\(from.map { " from \($0.rfc3339())" } ?? "")", actor)
        return windows.withLock { $0 }
    }

    package func setMaintenance(
        _ rule: MaintenanceRule, of server: String, by actor: Actor
    ) throws -> MaintenanceStatus {
        let tasks = rule.tasks.map { "\($0.kind.rawValue)=\($0.deadlineSeconds)\($0.onFailure == .stop ? "!" : "")" }
        try note("set \(rule.kind.rawValue) of \(server) \(rule.when) \(rule.lengthSeconds) \(tasks)", actor)
        var status = Samples.maintenance
        if rule.kind == .weekly { status.weekly = rule } else { status.daily = rule }
        return status
    }

    package func enableMaintenance(
        _ enabled: Bool, of server: String, kinds: [MaintenanceKind], by actor: Actor
    ) throws -> MaintenanceStatus {
        try note("\(enabled ? "enable" : "disable") \(kinds.map(\.rawValue)) of \(server)", actor)
        return Samples.maintenance
    }

    package func runMaintenance(
        _ kind: MaintenanceKind, of server: String, by actor: Actor
    ) throws -> MaintenanceStatus {
        try note("run \(kind.rawValue) of \(server)", actor)
        return Samples.maintenance
    }

    package func abortMaintenance(of server: String, by actor: Actor) throws -> MaintenanceStatus {
        try note("abort \(server)", actor)
        return Samples.maintenance
    }
}
