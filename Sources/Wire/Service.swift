package import Model

/// Everything the daemon can be asked. Callers are already authorised; `actor` is who goes on record.
///
/// Names are as people type them: a whole name, a unique suffix, a server, and where several are meant a shell pattern.
/// Throws only `Fault`: `not-found`, `ambiguous-name`, `wrong-usage`, `in-cooldown`, `busy` …
package protocol Service: Sendable {
    func status(for actor: Actor) async throws -> Status
    /// What only the daemon can tell of what would make its next runs fail.
    func examination(for actor: Actor) async throws -> [Symptom]

    func databases(deleted: Bool, for actor: Actor) async throws -> [Database]
    func database(_ name: String, for actor: Actor) async throws -> Database
    /// Of every database when `pattern` is nil.
    func clients(of pattern: String?, for actor: Actor) async throws -> [DatabaseClient]
    /// Returns when they are gone, at the latest ten seconds after their grace.
    func disconnectClients(_ request: DisconnectRequest, by actor: Actor) async throws -> DisconnectReply
    /// Returns when no client is left; they stay closed until they are opened, also over a restart.
    func closeDatabases(_ request: CloseRequest, by actor: Actor) async throws -> [ClosedDatabase]
    /// Returns the databases that are open again. Throws `not-found` for one that isn't closed.
    func openDatabases(_ request: OpenRequest, by actor: Actor) async throws -> [DatabaseName]
    /// Returns the databases whose clients were told.
    func messageClients(_ request: ClientMessage, by actor: Actor) async throws -> [DatabaseName]

    /// Returns once the runs are recorded. One database that is in cooldown throws `in-cooldown` with
    /// `retry_after_seconds` in its context; of several, those are in `skipped`.
    func requestBackup(_ request: BackupRequest, by actor: Actor) async throws -> BackupReply
    /// Throws at once what is wrong with the filter.
    func backupListing(_ filter: BackupFilter, for actor: Actor) async throws -> BackupListing
    func backup(_ id: BackupID, for actor: Actor) async throws -> Backup
    func preserve(_ id: BackupID, by actor: Actor) async throws -> Backup
    func release(_ id: BackupID, by actor: Actor) async throws -> Backup
    func delete(_ id: BackupID, by actor: Actor) async throws -> Backup
    func undelete(_ id: BackupID, by actor: Actor) async throws -> Backup
    func download(_ id: BackupID, by actor: Actor) async throws -> Download

    /// Returns once the run is recorded; with `dry_run` a run that has succeeded and did nothing.
    func restore(_ request: RestoreRequest, by actor: Actor) async throws -> Run
    /// Returns once the run is recorded; its `report` is there when it has ended.
    func verify(_ request: VerifyRequest, by actor: Actor) async throws -> Run
    /// Returns once the runs are recorded. One database without a backup throws `not-found`, one that is being drilled
    /// `busy`; of several, those are in `skipped`.
    func drill(_ request: DrillRequest, by actor: Actor) async throws -> DrillReply

    func runs(_ query: RunQuery, for actor: Actor) async throws -> [Run]
    func run(_ id: String, for actor: Actor) async throws -> Run
    /// The run now and after each step; ends with its final state. A reader that lags misses steps, never the last.
    func followRun(_ id: String, for actor: Actor) async throws -> AsyncStream<Run>
    func cancelRun(_ id: String, by actor: Actor) async throws -> Run

    func schedules(for actor: Actor) async throws -> [ScheduleStatus]
    /// With its history.
    func schedule(_ name: String, for actor: Actor) async throws -> ScheduleStatus
    /// Throws `bad-schedule`, `bad-retention`, `command-refused`, `schedule-exists`.
    func addSchedule(_ schedule: Schedule, by actor: Actor) async throws -> ScheduleStatus
    /// Replaces the schedule `name`, which may get another name by that; an admin's from then on.
    func changeSchedule(_ name: String, to schedule: Schedule, by actor: Actor) async throws -> ScheduleStatus
    func removeSchedule(_ name: String, by actor: Actor) async throws -> ScheduleStatus
    func enableSchedule(_ name: String, _ enabled: Bool, by actor: Actor) async throws -> ScheduleStatus
    /// Has a default schedule follow the settings again, also one that was removed.
    func resetSchedule(_ name: String, by actor: Actor) async throws -> ScheduleStatus
    /// Runs it once, besides its occurrences; `busy` while one is at work.
    func runSchedule(_ name: String, by actor: Actor) async throws -> ScheduleStatus
    func occurrences(_ query: OccurrenceQuery, for actor: Actor) async throws -> [PlannedOccurrence]

    func retention(for actor: Actor) async throws -> [RetentionEntry]
    /// Returns all rules as they are then. Throws `bad-retention`.
    func setRetention(_ change: RetentionChange, by actor: Actor) async throws -> [RetentionEntry]
    /// Exactly what a prune with the same request would do now.
    func previewRetention(_ request: PruneRequest, for actor: Actor) async throws -> [RetentionPreview]
    /// Returns once the run is recorded; its `pruned` is there when it has ended.
    func prune(_ request: PruneRequest, by actor: Actor) async throws -> Run
    /// The clock is right: what its doubt held back may go on.
    func confirmClock(by actor: Actor) async throws -> Status
    func adopt(_ request: AdoptRequest, by actor: Actor) async throws -> Database

    func maintenance(for actor: Actor) async throws -> [MaintenanceStatus]
    /// With what became of its last windows. Throws `not-found` for a server that the settings don't name.
    func maintenance(of server: String, for actor: Actor) async throws -> MaintenanceStatus
    func previewMaintenance(
        of server: String, from: Instant?, count: Int, for actor: Actor
    ) async throws -> [PlannedWindow]
    /// Throws `wrong-usage`, `bad-schedule`.
    func setMaintenance(_ rule: MaintenanceRule, of server: String, by actor: Actor) async throws -> MaintenanceStatus
    func enableMaintenance(
        _ enabled: Bool, of server: String, kinds: [MaintenanceKind], by actor: Actor
    ) async throws -> MaintenanceStatus
    /// Returns once it has begun; `in-maintenance` while one is under way.
    func runMaintenance(_ kind: MaintenanceKind, of server: String, by actor: Actor) async throws -> MaintenanceStatus
    /// Returns once everything is about to reopen; `not-found` while none is under way.
    func abortMaintenance(of server: String, by actor: Actor) async throws -> MaintenanceStatus

    func declaration(for actor: Actor) async throws -> Declaration
    func apply(_ request: ApplyRequest, by actor: Actor) async throws -> ApplyReply

    func messages(_ query: MessageQuery, for actor: Actor) async throws -> [Message]
    func message(_ id: MessageID, for actor: Actor) async throws -> MessageDetail
    /// The position, then what the query finds, and then what comes, each message once and in order; ends when the daemon
    /// stops. A running run's message comes again with new `progress` under the same id.
    func followMessages(_ query: MessageQuery, for actor: Actor) async throws -> AsyncStream<MessageEvent>
    /// Returns the messages as they are then; acknowledging twice changes nothing.
    func acknowledge(_ ids: [MessageID], by actor: Actor) async throws -> [Message]
    /// All that the query finds, whatever its limit, up to the newest message of now.
    func acknowledgeAll(_ query: MessageQuery, by actor: Actor) async throws -> AcknowledgeReply

    func repositorySpace(for actor: Actor) async throws -> RepositorySpace
    func checkRepository(by actor: Actor) async throws -> RepositoryCheck
    func keys(for actor: Actor) async throws -> [KeySlot]
    func addKey(_ request: KeyRequest, by actor: Actor) async throws -> KeyReply
    func removeKey(_ slot: String, by actor: Actor) async throws -> KeySlot

    func effectiveSettings(for actor: Actor) async throws -> [EffectiveSetting]
    /// Reads the settings again; a bad file throws `bad-settings` and changes nothing.
    func reload(by actor: Actor) async throws -> [EffectiveSetting]
    /// The zone in which people's times are read, such as `Europe/Berlin`.
    var timeZone: String { get }
    var version: String { get }
}
