import Engines
import Model
import Platform
import Storage
import Synchronization
import Wire

/// A restore of one database out of a backup of its whole server, checked: the backup is restored into a scratch folder,
/// and the database is got out of that copy.
struct MemberRestore: Sendable {
    let name: DatabaseName
    let unit: BackupUnit
    let record: PointRecord
    /// The log that the copy follows first; nil for the backup as it is.
    let recovery: Recovery?
    let engine: any MemberEngine
    /// Where the copy goes; nothing of it is left.
    let scratch: String

    /// - Parameter running: the engine of the running server, to put the database into; nil for a restore to a file.
    /// - Throws: `not-found`, also for a database that the backup doesn't hold; `wrong-usage`.
    init(
        _ name: DatabaseName, _ request: RestoreRequest, library: BackupLibrary, running: (any Engine)? = nil,
        scratch: String
    ) throws {
        try request.check()
        var whole = request
        whole.database = name.server
        whole.promote = true
        (unit, record, recovery) = try library.choose(whole)
        guard !record.isVoid else { throw Fault(.notFound, "\(record.id) is not a backup") }
        guard record.draft.database.text == name.server else {
            throw Fault(.wrongUsage, "backup \(record.id) is one of \(record.draft.database), not of \(name.server)")
        }
        guard let members = try running?.members ?? EngineDefaults(of: record).members else {
            throw Fault(.wrongUsage, "\(name.server) is backed up database by database", hint: "name one of them")
        }
        self.name = name
        self.scratch = scratch
        engine = members
        // What the log brings may be another list.
        if recovery == nil { try requireListed() }
    }

    /// Of the whole backup, which is restored first.
    var size: ByteCount { ByteCount(record.draft.files.reduce(0) { $0 + $1.length }) }

    /// What follows the server's name.
    var member: String { name.path }

    /// Found out before anything is restored, where the backup tells.
    private func requireListed() throws {
        let path = "\(record.draft.sourcePath)/\(engine.listFile)"
        let image = try unit.image(of: record.sequence)
        guard let file = image.files.first(where: { $0.path.isSame(as: path) }), file.length < 64 << 20 else { return }
        var list: [UInt8] = []
        try ImageReader(image).stream(file: file.id) { list += $0 }
        guard let members = try engine.members(in: list), !members.contains(where: member.isSame) else { return }
        throw ExtractedMember.missing(member, in: "backup \(record.id) of \(name.server)", among: members)
    }

    /// To a new file in the engine's own format, with mode 0600; durable on return.
    /// - Parameter began: told the phase after the restore, whose bytes `step` counts from nothing again.
    func toFile(
        _ target: RestoreTarget, began: (String) -> Void = { _ in }, step: @escaping @Sendable (Int) throws -> Void
    ) throws -> RestoreResult {
        let folder = try target.openFolder()
        return try folder.naming {
            let new = try NewFile(orAs: folder.anchored(RestoreBackup.temporary(for: target.path)))
            do {
                try trial(step).run { copy in
                    began("extracting")
                    _ = try engine.extract(
                        member, as: nil, from: copy, to: new.file, step: Self.growth(of: new.file, step))
                }
                try new.file.sync()
                try target.recheck()
                try new.publish(as: folder.anchored(target.path))
            } catch {
                new.abandon()
                throw error
            }
            try folder.sync()
            return result(target.path, ByteCount(try new.file.status().size))
        }
    }

    /// Into the running server, where it takes the place of the one of its name.
    ///
    /// - Parameters:
    ///   - temporary: its name until then; the caller drops what is left of it after a fault.
    ///   - endsClients: of the present one, when its turn comes.
    ///   - placing: called when all is ready, before it gets its own name.
    func inPlace(
        as temporary: String, endsClients: Bool, began: (String) -> Void, placing: () throws -> Void,
        step: @escaping @Sendable (Int) throws -> Void
    ) throws -> RestoreResult {
        try trial(step).run { copy in
            let dump = try File.create("\(Files.parent(of: copy))/extracted", mode: 0o600)
            began("extracting")
            let extracted = try engine.extract(
                member, as: temporary, from: copy, to: dump, step: Self.growth(of: dump, step))
            // Room for the server at work, which may be on the same disk.
            try Files.removeTree(copy)
            began("loading")
            try engine.load(extracted, from: dump.path) { try step(0) }
            try placing()
            let replaced = try engine.place(extracted, endsClients: endsClients, at: WallClock.now())
            var result = result(name.text, extracted.size)
            result.replaced = replaced
            return result
        }
    }

    private func trial(_ step: @escaping @Sendable (Int) throws -> Void) -> TrialRestore {
        TrialRestore(unit: unit, record: record, scratch: scratch, recovery: recovery, step: step)
    }

    private func result(_ path: String, _ size: ByteCount) -> RestoreResult {
        RestoreResult(
            backup: record.id, database: name, instant: record.draft.instant, path: path, size: size,
            recovery: recovery?.shown)
    }

    /// Counts what somebody else writes to a file.
    private static func growth(
        of file: File, _ step: @escaping @Sendable (Int) throws -> Void
    ) -> @Sendable () throws -> Void {
        let seen = Counted()
        return { try step(seen.more(than: (try? file.status().size) ?? 0)) }
    }

    private final class Counted: Sendable {
        private let bytes = Mutex<Int64>(0)

        func more(than size: Int64) -> Int {
            bytes.withLock { bytes in
                let more = max(0, size - bytes)
                bytes += more
                return Int(more)
            }
        }
    }

    /// For messages.
    static func place(_ target: RestoreTarget?) -> String { target.map { "to \($0.path)" } ?? "in place" }

    /// What it would do, as a run that has done nothing.
    func dryRun(to target: RestoreTarget?, by actor: Actor, now: Instant) -> Wire::Run {
        Wire::Run(
            id: "0", kind: .restore, state: .succeeded, database: name, actor: Principal(actor), created: now,
            started: now, finished: now,
            outcome: "would restore \(name) out of \(record.id), \(size), \(Self.place(target))"
                + (recovery?.shown.intent ?? ""),
            backup: record.id)
    }
}
