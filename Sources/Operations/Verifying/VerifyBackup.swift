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
    }

    let unit: BackupUnit
    let record: PointRecord
    /// Where trial restores go; emptied again.
    let scratch: String
    /// The engine's own check of a restored copy.
    let check: (String) throws -> [String]
    let step: @Sendable (Int) throws -> Void

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
        return Verdict(
            faults: report.findings.filter { !$0.affected.isEmpty }.map { ($0.object, $0.fault, $0.affected) },
            damage: report.damage[unit.id] ?? DamageList())
    }

    private func pages() throws -> Verdict {
        do {
            let step = step
            let reading = try ImageReader(try unit.image(of: record.sequence)).read(collectsDamage: true) {
                try step($0.bytes.count)
            }
            guard let fault = reading.fault else { return Verdict() }
            return Verdict(
                faults: reading.damage.items.map { ("db/\(unit.id)/\($0.object.path)", fault, [record.id]) },
                damage: reading.damage)
        } catch let fault as Fault where fault.code.isDamage { return verdict(fault) }
    }

    private func restore() throws -> Verdict {
        let folder = "\(scratch)/verify-\(Identifier.random())"
        try Files.makeDirectories(folder, mode: 0o700)
        defer { try? Files.removeTree(folder) }
        let copy = "\(folder)/database"
        do {
            let restore = RestoreBackup(
                image: try unit.image(of: record.sequence), sidecars: { _ in [] }, step: step)
            try restore.beside(try RestoreTarget.new(copy, sidecars: { _ in [] }, roots: nil))
        } catch let fault as Fault where fault.code.isDamage {
            let pages = try pages()
            return pages.isGood ? verdict(fault) : pages
        }
        let problems = try check(copy)
        guard let first = problems.first else { return Verdict() }
        return verdict(
            Fault(
                .databaseDamaged, "the restored copy of \(record.id) fails the engine's check: \(first)",
                hint:
                    "if its pages verify, the database itself was damaged when it was backed up: look for an older one",
                context: ["problems": "\(problems.count)"]))
    }

    private func verdict(_ fault: Fault) -> Verdict {
        Verdict(faults: [(fault.context["object"], fault, [record.id])])
    }
}
