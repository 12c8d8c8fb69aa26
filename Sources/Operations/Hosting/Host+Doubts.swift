import Catalog
import Model
import Storage

extension Host {
    /// Why the newest backup that isn't deleted can't be counted on; nil while nothing speaks against it.
    ///
    /// Reads no marks of a unit without damage.
    /// - Parameters:
    ///   - failed: checks of newest backups that failed, by backup.
    ///   - isNewestDeleted: whether an older backup stands for the newest one.
    func doubt(
        about record: DatabaseRecord, in repository: Repository, _ failed: [BackupID: Proof], isNewestDeleted: Bool
    ) -> Fault? {
        guard record.state != .gone, let last = record.lastBackup else { return nil }
        let unit = BackupUnit(record.unit, in: repository)
        if isNewestDeleted || (try? unit.damage().isEmpty) == false,
            let newest = try? unit.firstLiving({ (try? unit.record($0))?.isVoid == true ? nil : $0 })
        {
            if (try? damage.isDamaged(newest, of: unit)) == true { return Self.damaged(record.name, unit, newest) }
            // Only what came after a backup makes it suspect.
            if isNewestDeleted, (try? unit.item(newest))?.isSuspect == true {
                return Self.suspect(record.name, unit, newest)
            }
        }
        return failed[last.backup].flatMap { Self.failed(record.name, $0, isDeleted: isNewestDeleted) }
    }

    private static func remedy(_ name: DatabaseName) -> String {
        "run `holdfast backup \(name.shellWord) --full`; "
            + "`holdfast backups \(name.shellWord)` shows older ones that are good"
    }

    private static func damaged(_ name: DatabaseName, _ unit: BackupUnit, _ sequence: SequenceNumber) -> Fault {
        Fault(
            .backupDamaged, "its newest backup is damaged", hint: remedy(name),
            context: ["backup": "\(BackupID(unit: unit.id, sequence: sequence))"])
    }

    private static func suspect(_ name: DatabaseName, _ unit: BackupUnit, _ sequence: SequenceNumber) -> Fault {
        Fault(
            .backupSuspect, "its newest backup is suspect",
            hint: "`holdfast verify \(name.shellWord) --level restore` proves it; or \(remedy(name))",
            context: ["backup": "\(BackupID(unit: unit.id, sequence: sequence))"])
    }

    private static func failed(_ name: DatabaseName, _ proof: Proof, isDeleted: Bool) -> Fault? {
        guard !isDeleted, let fault = proof.fault else { return nil }
        return Fault(
            .backupDamaged, "its newest backup failed its last check: \(fault.text)",
            hint: "`holdfast verify \(proof.backup) --level \(proof.level.rawValue)` checks it again; or "
                + remedy(name),
            context: ["backup": "\(proof.backup)"])
    }
}
