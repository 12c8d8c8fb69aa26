import Catalog
import Model
import Platform
import Storage

extension Host {
    /// Takes in what a repository holds that has just been opened: it may be another one than before, or an older copy.
    func takeIn(_ repository: Repository) {
        do {
            let units = Set(try repository.units())
            let knewNone = try catalog.databases(includingGone: true).allSatisfy { $0.lastBackup == nil }
            let stored = try storedDatabases(in: repository)
            try catalog.adopt(stored, onlyStored: units, at: WallClock.now())
            if knewNone, !stored.isEmpty { say([Self.rebuilt(stored.count)]) }
            following.lookAgain()
        } catch {
            report(Fault.wrapping(error))
        }
    }

    /// A catalog that knew of no backup was lost, or is a new machine's.
    private static func rebuilt(_ count: Int) -> MessageDraft {
        MessageDraft(
            .warning, .catalogRebuilt,
            "the catalog was lost or is new: \(count == 1 ? "1 database was" : "\(count) databases were") taken in from the "
                + "repository; gone are schedules, retention, windows, accounts and roles that were changed at run time, "
                + "and all messages and runs; maintenance windows are off",
            hint: "`holdfast apply FILE` brings back what `holdfast export` had written; see `holdfast schedules`, "
                + "`holdfast retention` and `holdfast maintenance`")
    }

    /// That the catalog was rebuilt, until somebody acknowledges it: what was lost with it comes back by hand only.
    func catalogLoss() throws -> Fault? {
        let query = MessageQuery(codes: [.catalogRebuilt], unacknowledgedOnly: true, order: .newestFirst, limit: 1)
        return try catalog.messages(query).first.map { message in
            Fault(
                .catalogRebuilt,
                "the catalog was rebuilt from the repository: what had been changed at run time is lost",
                hint: "see `holdfast messages show \(message.id)`; `holdfast messages ack \(message.id)` ends this")
        }
    }

    /// What the repository knows of databases that the catalog doesn't, or knows less well.
    func storedDatabases(in repository: Repository) throws -> [StoredDatabase] {
        let known = Dictionary(
            try catalog.databases(includingGone: true).map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first })
        return try repository.units().compactMap { id in
            let unit = BackupUnit(id, in: repository)
            // A unit whose newest point is damaged is named by the check; it keeps nobody from starting.
            guard let newest = try? unit.newest(), known[id]?.lastBackup?.backup != newest.id else { return nil }
            let sequences = try repository.sequences(of: id)
            let readable = { sequence in (try? unit.record(sequence)).flatMap { $0.isVoid ? nil : $0 } }
            let oldest = sequences.lazy.compactMap(readable).first
            let lastFull = sequences.reversed().lazy.compactMap(readable).first { $0.draft.kind == .full }
            let draft = newest.draft
            return StoredDatabase(
                unit: id, name: draft.database, server: draft.server, path: draft.sourcePath, engine: draft.engine,
                firstBackup: oldest?.draft.instant ?? draft.instant,
                newest: Catalog::Capture(newest, size: ByteCount(draft.files.reduce(0) { $0 + $1.length })),
                lastFull: lastFull?.draft.instant,
                lastProven: known[id]?.lastBackup == nil ? Self.lastProven(of: unit) : nil)
        }
    }

    /// The newest backup that is proven to restore; nil also where the marks can't be read.
    private static func lastProven(of unit: BackupUnit) -> DatabaseRecord.LastProven? {
        guard var backups = try? UnitBackups(of: unit) else { return nil }
        while let item = try? backups.next() {
            if let proof = item.mark.proofs[.restore] { return .init(backup: item.record.id, instant: proof) }
        }
        return nil
    }

    /// A backup run that was cut off after its commit has succeeded: its point says when it started.
    func verdict(
        on run: Catalog::Run, in repository: Repository
    ) throws -> (outcome: RunOutcome, findings: RunFindings)? {
        guard run.request.kind == .backup, let unit = run.request.unit, let started = run.started,
            let newest = try? repository.newest(of: unit), newest.draft.started == started
        else { return nil }
        let size = ByteCount(newest.draft.files.reduce(0) { $0 + $1.length })
        return (
            .succeeded(backup: newest.id, stored: newest.bytesStored),
            RunFindings(capture: Catalog::Capture(newest, size: size))
        )
    }
}
