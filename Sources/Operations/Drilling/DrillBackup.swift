package import Engines
package import Model
import Platform
import Storage

/// Proves that a database can be restored: a backup comes back into a scratch folder, passes the engine's check and answers
/// the queries for it.
package struct DrillBackup {
    package struct Result {
        package var backup: BackupID
        package var size: ByteCount
        /// Of the queries that were asked, when nothing is wrong.
        package var queries: Int
        /// Whether the log after the backup was followed as well, and to where it should lead.
        package var followedLog = false
        /// What is wrong with the backup; nil when it is proven.
        package var fault: Fault?
    }

    let unit: BackupUnit
    let name: DatabaseName
    /// Nil is the newest one that isn't deleted.
    let sequence: SequenceNumber?
    let scratch: String
    let queries: DrillQueries
    let actor: Actor
    /// Leaves the proof in the repository, which must be open for writing then.
    let leavesProof: Bool
    /// Where the log after the backup has to lead; its end by default.
    let target: LogTarget
    /// Free bytes of a folder's file system.
    let free: (String) throws -> ByteCount
    let began: (_ phase: String, _ total: ByteCount?) -> Void
    let step: @Sendable (Int) throws -> Void

    /// - Parameters:
    ///   - queryFiles: read at once.
    ///   - owner: may own the query files beside root.
    /// - Throws: `bad-settings`, `command-refused`, `not-found`: a query file can't be used.
    package init(
        _ unit: BackupUnit, _ name: DatabaseName, _ sequence: SequenceNumber? = nil, scratch: String,
        queryFiles: [String] = [], owner: UInt32 = 0, by actor: Actor = .daemon, leavesProof: Bool = true,
        target: LogTarget = .end,
        free: @escaping (String) throws -> ByteCount = { try Files.space($0).free },
        began: @escaping (_ phase: String, _ total: ByteCount?) -> Void = { _, _ in },
        step: @escaping @Sendable (Int) throws -> Void = { _ in }
    ) throws {
        self.unit = unit
        self.name = name
        self.sequence = sequence
        self.scratch = scratch
        queries = try DrillQueries.read(queryFiles, for: name, owner: owner)
        self.actor = actor
        self.leavesProof = leavesProof
        self.target = target
        self.free = free
        self.began = began
        self.step = step
    }

    /// The newest backup is drilled even when damage to it is known: an older one would prove nothing of it.
    ///
    /// - Throws: what says nothing of the backup: `not-found`, `out-of-space`, `bad-settings`, `interrupted` …
    package func run() throws -> Result {
        let sequence = try sequence ?? newest()
        let id = BackupID(unit: unit.id, sequence: sequence)
        let record: PointRecord
        do {
            record = try unit.record(sequence)
        } catch let fault as Fault where fault.code.isDamage {
            let verdict = VerifyBackup.Verdict(unreadable: sequence, of: unit, fault)
            if leavesProof, let standIn = try? unit.newestReadable() {
                try verdict.leaveProof(of: standIn, in: unit, .restore, by: actor)
            }
            return Result(backup: id, size: .zero, queries: 0, fault: fault)
        }
        let size = ByteCount(record.draft.files.reduce(0) { $0 + $1.length })
        let recovery: Recovery?
        do {
            let choice = RecoveryChoice(unit: unit, records: [record], target: target, promotes: true)
            recovery = try choice.find()?.1
        } catch let fault as Fault where fault.code.isDamage || fault.code == .targetNotReached {
            return Result(backup: id, size: size, queries: 0, fault: fault)
        }
        began("restoring", size)
        var verify = VerifyBackup(unit: unit, record: record, scratch: scratch, step: step)
        verify.free = free
        verify.queries = queries
        verify.recovery = recovery
        verify.began = { began($0.rawValue, nil) }
        let verdict = try verify.run(.restore)
        if leavesProof { try verdict.leaveProof(of: record, in: unit, .restore, by: actor) }
        return Result(
            backup: id, size: size, queries: queries.queries.count, followedLog: recovery != nil,
            fault: verdict.faults.first?.fault)
    }

    private func newest() throws -> SequenceNumber {
        // One that can't be read may be the newest backup, and is told.
        let found = try unit.firstLiving { (try? unit.record($0))?.isVoid == true ? nil : $0 }
        if let found { return found }
        throw Fault(
            .notFound, "\(name) has no backup to drill", hint: "make one with `holdfast backup \(name.shellWord)`")
    }
}

extension DrillBackup.Result {
    /// What people are told of a good one.
    func success(_ name: DatabaseName) -> String {
        let asked =
            switch queries {
            case 0: ""
            case 1: ", and 1 query was answered as expected"
            default: ", and \(queries) queries were answered as expected"
            }
        let log = followedLog ? ", followed the log after it to its end" : ""
        return "backup \(backup) of \(name), \(size), was restored on trial\(log) and passed the engine's check\(asked)"
    }

    /// What people are told of a bad one: always `drill-failed`, with the damage underneath.
    func failure(_ name: DatabaseName) -> Fault? {
        fault.map { fault in
            Fault(
                .drillFailed, "the drill of \(name) found its backup \(backup) bad: \(fault.message)",
                hint: fault.hint
                    ?? "run `holdfast verify \(backup)` for the damage, and `holdfast backup \(name.shellWord) --full`")
        }
    }
}
