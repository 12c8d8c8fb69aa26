import Model
import Platform
import Storage
import Wire

/// Verifies chosen backups one after the other, leaves a dated proof of each, and sums up.
struct VerifyAll {
    let library: BackupLibrary
    let scratch: String
    let actor: Actor
    /// Leaves proofs and lists of damage in the repository, which must be open for writing then.
    let leavesProofs: Bool
    let step: @Sendable (Int) throws -> Void

    struct Proven {
        var unit: BackupUnit
        var record: PointRecord
        var fault: Fault?
    }

    /// The backups that a request means, oldest first.
    ///
    /// A backup whose record can't be read is among them, with a stand-in that knows no more than the identifier and the
    /// database's name; `run` finds it damaged.
    /// - Throws: `not-found`, `ambiguous-name`.
    func choose(_ request: VerifyRequest) throws -> [(BackupUnit, PointRecord)] {
        var chosen: [(BackupUnit, PointRecord)] = []
        for id in request.backups { chosen.append(try library.choose("", id, at: nil)) }
        guard chosen.isEmpty || !request.databases.isEmpty else { return chosen }
        let units = try library.units()
        let names = units.map(\.name)
        let wanted = request.databases.isEmpty ? names : try NameSelection.several(request.databases, among: names)
        for (name, unit) in units where wanted.contains(name) {
            chosen += try unit.repository.sequences(of: unit.id).compactMap { sequence in
                guard let record = try recordOrStandIn(sequence, of: unit), !record.isVoid else { return nil }
                return (unit, record)
            }
        }
        return chosen
    }

    private func recordOrStandIn(_ sequence: SequenceNumber, of unit: BackupUnit) throws -> PointRecord? {
        do {
            return try unit.record(sequence)
        } catch let fault as Fault where fault.code.isDamage {
            var standIn = try unit.newestReadable()
            standIn?.sequence = sequence
            standIn?.packs = []
            standIn?.draft.files = []
            return standIn
        }
    }

    /// - Returns: the report, and what became of each backup.
    func run(_ backups: [(BackupUnit, PointRecord)], _ level: VerifyLevel) throws -> (VerifyReport, [Proven]) {
        var report = VerifyReport(level: level, checked: 0, bytes: .zero)
        var proven: [Proven] = []
        for (unit, record) in backups {
            let verdict = try verdict(on: record, of: unit, level)
            report.checked += 1
            report.bytes = report.bytes + ByteCount(record.draft.files.reduce(0) { $0 + $1.length })
            for (object, fault, affected) in verdict.faults {
                add(
                    Finding(
                        code: fault.code, message: fault.message, object: object, backups: affected,
                        databases: [record.draft.database]), to: &report)
            }
            proven.append(Proven(unit: unit, record: record, fault: verdict.faults.first?.fault))
            if leavesProofs { try verdict.leaveProof(of: record, in: unit, level, by: actor) }
        }
        return (report, proven)
    }

    private func verdict(
        on record: PointRecord, of unit: BackupUnit, _ level: VerifyLevel
    ) throws -> VerifyBackup.Verdict {
        do {
            // Again, now that its turn has come: it may be a stand-in, or have been damaged since.
            _ = try unit.record(record.sequence)
        } catch let fault as Fault where fault.code.isDamage {
            return VerifyBackup.Verdict(unreadable: record.sequence, of: unit, fault)
        }
        return try VerifyBackup(unit: unit, record: record, scratch: scratch, step: step).run(level)
    }

    /// The same damage met in several backups is one finding.
    private func add(_ finding: Finding, to report: inout VerifyReport) {
        let same = report.findings.firstIndex {
            $0.object != nil && $0.object == finding.object && $0.code == finding.code
        }
        guard let same else {
            report.findings.append(finding)
            return
        }
        for id in finding.backups where !report.findings[same].backups.contains(id) {
            report.findings[same].backups.append(id)
        }
    }
}
