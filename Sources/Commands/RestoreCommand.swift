internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Wire

struct RestoreCommand: AsyncParsableCommand, WorksAlone {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Restore a database beside the original or in place.",
        discussion: """
            --to refuses a target that exists or has sidecar files. --in-place keeps the files it replaces, until \
            `holdfast restore DB --discard-replaced`. Of a PostgreSQL server a single database can be restored: to a file \
            for pg_restore, or in place. Of one whose log is received the newest second is restored, unless --backup, \
            --at, --lsn, --xid or --restore-point names another state.

            Example: holdfast restore crm/app.db --at "yesterday 18:00" --to /srv/restored/app.db
            Example: holdfast restore main --at "today 14:05" --to /srv/restored/main
            Example: holdfast restore main/crm --in-place --at "2h ago"
            Example: holdfast restore app.db --to app.db --repository /mnt/repository --key-file repository.key
            """)

    @Argument(help: "A name, or a unique end of one.")
    var database: String

    @Option(help: ArgumentHelp("This backup; the newest one by default.", valueName: "id"))
    var backup: BackupID?

    @Option(
        help: ArgumentHelp(
            "Everything committed by then where the server's log is received, else the newest backup that is not later.",
            valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("Of a server with a log: up to this position.", valueName: "position"))
    var lsn: String?

    @Option(
        help: ArgumentHelp(
            "Of a server with a log: up to the commit of this transaction, of 64 or 32 bits.", valueName: "id"))
    var xid: UInt64?

    @Option(help: ArgumentHelp("Of a server with a log: up to the newest place with this name.", valueName: "name"))
    var restorePoint: String?

    @Option(
        help: ArgumentHelp(
            "Of a server with a log: on this timeline, not where the server was last.", valueName: "number"))
    var timeline: UInt32?

    @Flag(help: "A restored server opens for writing by itself; else it waits at its target, readable.")
    var promote = false

    @Option(help: ArgumentHelp("The new file.", valueName: "path"))
    var to: String?

    @Flag(help: "Replace the database itself.")
    var inPlace = false

    @Flag(help: "In place although clients hold the database.")
    var evenIfInUse = false

    @Flag(help: "Remove the files that a restore in place replaced.")
    var discardReplaced = false

    @OptionGroup var local: LocalOptions
    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard backup == nil || at == nil else { throw ValidationError("name --backup or --at, not both") }
        guard [at != nil, lsn != nil, xid != nil, restorePoint != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("name one of --at, --lsn, --xid and --restore-point")
        }
        guard to == nil || !inPlace else { throw ValidationError("name --to or --in-place, not both") }
        guard to != nil || inPlace || discardReplaced else {
            throw ValidationError("name --to PATH, or add --in-place")
        }
    }

    func run() async throws {
        let repository = try await local.open(common.terminal)
        let zone = repository == nil && at != nil ? try await common.client.identity().timeZone : nil
        var request = RestoreRequest(
            database: database, backup: backup, at: try at.map { try TypedTime(zone: zone).readPast($0) },
            to: try to.map(Paths.absolute), inPlace: inPlace, evenIfInUse: evenIfInUse,
            discardReplaced: discardReplaced, dryRun: confirming.dryRun)
        request.lsn = lsn
        request.xid = xid
        request.restorePoint = restorePoint
        request.timeline = timeline
        request.promote = promote
        if inPlace || to == nil {
            let what = inPlace ? "replace \(database) by a backup" : "remove the files that \(database) had before"
            try confirming.confirm(what, common.terminal)
        }
        let bar = ProgressBar(common.terminal)
        defer { bar.clear() }
        if let repository { return try await restore(request, repository, bar) }
        do {
            try await restore(request, bar)
        } catch let fault as Fault where fault.code == .targetNotAllowed {
            guard let byRoot = await RestoreByRoot(fault, request, common.terminal) else { throw fault }
            let repository = try await byRoot.open()
            try await restore(request, repository, bar)
        }
    }

    private func restore(_ request: RestoreRequest, _ repository: any LocalRepository, _ bar: ProgressBar) async throws
    {
        let database = database
        let result = try await Threads.run("restore") {
            try repository.restore(request) { bar.show($0, of: database) }
        }
        bar.clear()
        try common.terminal.show(result) { text(result) }
    }

    private func restore(_ request: RestoreRequest, _ bar: ProgressBar) async throws {
        let client = common.client
        var run = try await client.restore(request)
        if !run.state.isFinal { run = try await client.waitRun(run.id) { bar.show($0) } }
        bar.clear()
        if let fault = run.fault, run.state != .succeeded { throw fault.fault }
        let ended = run
        try common.terminal.show(ended) { ended.restored.map(text) ?? RunsCommand.line(ended) }
        if ended.state != .succeeded { throw Ending.failed }
    }

    private func text(_ result: RestoreResult) -> String {
        let verb = confirming.dryRun ? "would restore" : "restored"
        let line =
            "\(verb) \(result.database) as of \(Text.time(result.recovery?.committed ?? result.instant)) to \(result.path) (\(result.size), backup \(result.backup))"
        let kept = result.path.begins(with: "/") ? "the replaced files are kept in" : "the replaced database is kept as"
        return line + (result.note.map { "\n\($0)" } ?? "")
            + (result.recovery.map { text($0, of: result.database) } ?? "")
            + (result.replaced.map { "\n\(kept) \($0)" } ?? "")
    }

    private func text(_ recovery: RestoreResult.Recovery, of database: DatabaseName) -> String {
        let last = recovery.committed.map { "; its last commit is of \(Text.time($0))" } ?? ""
        // A single database was taken out of a server that has followed its log already: nothing is left to start.
        guard !database.text.hasSlash else {
            return "\nits server's log was followed up to \(recovery.position)\(last)"
                + (recovery.note.map { "\n\($0)" } ?? "")
        }
        let then =
            recovery.promotes
            ? "then it opens for writing"
            : "then it waits, readable: SELECT pg_wal_replay_resume() opens it for writing"
        return "\nstarted, the server follows its log up to \(recovery.position)\(last); \(then)"
            + (recovery.note.map { "\n\($0)" } ?? "")
    }
}
