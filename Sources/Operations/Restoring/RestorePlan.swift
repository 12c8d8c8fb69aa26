import Engines
import Model
import Petitions
import Platform
import Storage
import Wire

/// A restore that has been checked: which backup goes where.
struct RestorePlan: Sendable {
    let name: DatabaseName
    let unit: BackupUnit
    let record: PointRecord
    let target: RestoreTarget
    let isInPlace: Bool
    /// The log that the restored server follows; nil for a backup as it is.
    let recovery: Recovery?
    private let engine: EngineDefaults
    private let owners: RestoredOwners

    /// - Parameters:
    ///   - rootPort: where to ask for what only root sees and may do; nil does without.
    ///   - roots: folders that may be written to; nil allows any.
    ///   - place: where the database is now; by default where it was when the backup was taken.
    /// - Throws: `not-found`, `ambiguous-name`, `wrong-usage`, `target-exists`, `target-not-allowed`.
    init(
        _ request: RestoreRequest, library: BackupLibrary, roots: [String]?, rootPort: RootPort? = nil,
        place: (UnitID, PointRecord) throws -> String = { $1.draft.sourcePath }
    ) throws {
        try request.check()
        (unit, record, recovery) = try library.choose(request)
        guard !record.isVoid else { throw Fault(.notFound, "\(record.id) is not a backup") }
        name = record.draft.database
        // A database that was renamed or adopted is known by its present name, too.
        let names = [name, try unit.newestReadable()?.draft.database].compactMap { $0 }
        guard
            request.backup == nil || request.database.isEmpty || names.contains(where: { $0.matches(request.database) })
        else {
            throw Fault(.wrongUsage, "backup \(record.id) is one of \(name), not of \(request.database)")
        }
        isInPlace = request.inPlace
        engine = try EngineDefaults(of: record, rootPort: rootPort)
        owners = RestoredOwners(port: rootPort)
        guard !isInPlace || !engine.restoresFolder else {
            throw Fault(
                .wrongUsage, "\(name) is a whole server, which is not restored in place",
                hint: "restore it with --to, stop the server, and let it use the restored folder")
        }
        if let path = request.to {
            target = try RestoreTarget.new(path, sidecars: engine.sidecars, roots: roots)
        } else {
            target = try RestoreTarget.inPlace(try place(unit.id, record), roots: roots)
        }
    }

    var size: ByteCount { ByteCount(record.draft.files.reduce(0) { $0 + $1.length }) }

    /// Durable on return.
    /// - Parameters:
    ///   - intent: where a swap in place is written down.
    ///   - check: called before a database in place is touched; throws to leave it as it is.
    func perform(
        intent: String, step: @escaping @Sendable (Int) throws -> Void, check: () throws -> Void
    ) throws -> RestoreResult {
        let restore = RestoreBackup(
            image: try unit.image(of: record.sequence), engine: engine, step: step, recovery: recovery, owners: owners,
            isCopy: !isInPlace && !target.path.isSame(as: record.draft.sourcePath))
        var replaced: String?
        let note: String?
        if isInPlace {
            let swapped = try restore.inPlace(target, intent: intent, at: WallClock.now(), check: check)
            (replaced, note) = (swapped.aside, swapped.note)
        } else {
            note = try restore.beside(target)
        }
        var result = RestoreResult(
            backup: record.id, database: name, instant: record.draft.instant, path: target.path, size: size,
            replaced: replaced, recovery: recovery?.shown)
        result.note = note
        if engine.restoresFolder, record.draft.origin == .maintenance, recovery == nil {
            result.note =
                (note.map { "\($0); " } ?? "")
                + "it was backed up in a maintenance window: its databases are closed to all but superusers; each has its "
                + "former limit in pg_db_role_setting, as holdfast.connection_limit, and `holdfast databases open` on "
                + "this server gives it back"
        }
        return result
    }

    /// Refuses to replace a database that a process holds, or may hold.
    ///
    /// Who holds it is seen by its files, so that settings without its server don't matter.
    /// - Throws: `database-in-use`, naming the clients, unless the request says to go on.
    func refuseClients(_ request: RestoreRequest) throws {
        guard isInPlace, !request.evenIfInUse, Files.exists(target.path) else { return }
        let listing = try engine.clients(of: FoundDatabase(name: name, path: target.path))
        let clients = listing.clients.values.joined()
        if !clients.isEmpty {
            let some = clients.prefix(3).map {
                "\($0.command) (pid \($0.processID)\($0.unit.map { ", \($0)" } ?? ""))"
            }
            throw Fault(
                .databaseInUse, "\(name) is held by \(some.joined(separator: ", "))",
                hint:
                    "stop them first; or restore beside with --to; or add --even-if-in-use and restart them afterwards")
        }
        guard listing.isComplete else { throw unseen("cannot see all processes that may hold \(name)") }
    }

    private func unseen(_ message: String) -> Fault {
        Fault(
            .databaseInUse, message,
            hint: "stop what uses it and add --even-if-in-use, or let root restore it with --repository")
    }

    /// What the restore would do, as a run that has done nothing.
    func dryRun(by actor: Actor, now: Instant) -> Wire::Run {
        Wire::Run(
            id: "0", kind: .restore, state: .succeeded, database: name, actor: Principal(actor), created: now,
            started: now, finished: now,
            outcome: "would restore \(record.id), \(size), \(isInPlace ? "in place of" : "to") \(target.path)"
                + (recovery?.shown.intent ?? ""),
            backup: record.id)
    }
}
