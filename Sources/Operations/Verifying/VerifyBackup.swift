import Model
import Platform
import Storage

/// Proves a backup at a level; each level includes those before it.
struct VerifyBackup {
    /// What was wrong; nothing when the backup is proven.
    struct Verdict {
        var faults: [(object: String?, fault: Fault, affected: [BackupID])] = []
        /// Stored frames that a full has to store again.
        var damage = DamageList()

        var isGood: Bool { faults.isEmpty }

        init() {}

        init(_ fault: Fault, of backup: BackupID) { faults = [(fault.context["object"], fault, [backup])] }

        /// A backup whose record can't be read.
        init(unreadable sequence: SequenceNumber, of unit: BackupUnit, _ fault: Fault) {
            let point = ObjectName.point(sequence)
            faults = [("db/\(unit.id)/\(point.path)", fault, [BackupID(unit: unit.id, sequence: sequence)])]
            damage = DamageList([DamageList.Item(object: point, frames: nil)])
        }
    }

    /// What happens to a restored copy, after it has been written.
    enum Phase: String {
        case checking
        case querying
    }

    let unit: BackupUnit
    let record: PointRecord
    /// Where trial restores go; emptied again.
    let scratch: String
    let step: @Sendable (Int) throws -> Void
    /// Free bytes of a folder's file system.
    var free: (String) throws -> ByteCount = { try Files.space($0).free }
    /// What the restored copy must answer at level restore.
    var queries = DrillQueries.none
    var began: (Phase) -> Void = { _ in }
    /// The log that the restored copy has to follow at level restore.
    var recovery: Recovery?

    /// - Throws: faults of the check itself, such as `out-of-space` or `interrupted`.
    func run(_ level: VerifyLevel) throws -> Verdict {
        switch level {
        case .stored: try stored()
        case .pages: try pages()
        case .restore: try restore()
        }
    }

    private func stored() throws -> Verdict {
        let step = step
        let report = try unit.repository.check(record.sequence, of: unit.id) { try step(Int($0)) }
        // A damaged map harms no backup: it is made anew from the deltas.
        var verdict = Verdict()
        verdict.faults = report.findings.filter { !$0.affected.isEmpty }.map { ($0.object, $0.fault, $0.affected) }
        verdict.damage = report.damage[unit.id] ?? DamageList()
        return verdict
    }

    private func pages() throws -> Verdict {
        do {
            let step = step
            let reading = try ImageReader(try unit.image(of: record.sequence)).read(collectsDamage: true) {
                try step($0.bytes.count)
            }
            guard let fault = reading.fault else { return Verdict() }
            var verdict = Verdict()
            verdict.faults = reading.damage.items.map { ("db/\(unit.id)/\($0.object.path)", fault, [record.id]) }
            verdict.damage = reading.damage
            return verdict
        } catch let fault as Fault where fault.code.isDamage { return Verdict(fault, of: record.id) }
    }

    private func restore() throws -> Verdict {
        let trial = TrialRestore(
            unit: unit, record: record, scratch: scratch, free: free, recovery: recovery, step: step)
        do {
            return try trial.run(examine)
        } catch let fault as Fault where fault.code.isDamage {
            let pages = try pages()
            return pages.isGood ? Verdict(fault, of: record.id) : pages
        }
    }

    private func examine(_ copy: String) throws -> Verdict {
        let step = step
        let pulse: @Sendable () throws -> Void = { try step(0) }
        let engine = try EngineDefaults(of: record)
        began(.checking)
        let problems = try engine.check(copy, step: pulse)
        if let first = problems.first {
            let fault = Fault(
                .databaseDamaged, "the restored copy of \(record.id) fails the engine's check: \(first)",
                hint:
                    "if its pages verify, the database itself was damaged when it was backed up: look for an older one",
                context: ["problems": "\(problems.count)"])
            return Verdict(fault, of: record.id)
        }
        guard !queries.queries.isEmpty else { return Verdict() }
        began(.querying)
        let complaint = try queries.run(in: copy, ask: engine.query, step: pulse)
        return complaint.map { Verdict($0, of: record.id) } ?? Verdict()
    }
}

extension VerifyBackup.Verdict {
    /// Leaves a dated proof of a good backup, and a list of what the next full has to store again.
    /// - Parameter repository: open for writing.
    func leaveProof(of record: PointRecord, in unit: BackupUnit, _ level: VerifyLevel, by actor: Actor) throws {
        let now = WallClock.now()
        if isGood {
            let mark = Mark(kind: .proof, instant: now, actor: actor, level: level)
            try unit.repository.mark(record.sequence, of: unit.id, mark)
        } else if !damage.isEmpty {
            var known = try unit.repository.knownDamage(of: unit.id)
            for item in damage.items { known.insert(item) }
            try unit.repository.noteDamage(known, of: unit.id, at: now, by: actor)
        }
    }
}
