import Catalog
import Model
import Platform
import Storage

extension Host {
    /// Takes in what a repository holds that has just been opened: it may be another one than before, or an older copy.
    func takeIn(_ repository: Repository) {
        do {
            let units = Set(try repository.units())
            try catalog.adopt(try storedDatabases(in: repository), onlyStored: units, at: WallClock.now())
            following.lookAgain()
        } catch {
            report(Fault.wrapping(error))
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
                lastFull: lastFull?.draft.instant)
        }
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
