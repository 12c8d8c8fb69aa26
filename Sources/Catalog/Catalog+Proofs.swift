import GRDB
package import Model

extension Catalog {
    /// The results of verifying a backup, newest first.
    package func proofs(of backup: BackupID) throws -> [Proof] {
        let sql = "SELECT * FROM proofs WHERE backup = ? ORDER BY instant DESC, id DESC"
        return try read { try Row.fetchAll($0, sql: sql, arguments: [backup.description]) }.map(Proof.init(row:))
    }

    /// The newest successful proof of each backup of a unit, at the deepest level it reached.
    package func proofs(of unit: UnitID) throws -> [BackupID: Proof] {
        let sql = "SELECT * FROM proofs WHERE unit = ? AND fault_code IS NULL ORDER BY instant, id"
        let all = try read { try Row.fetchAll($0, sql: sql, arguments: [unit.description]) }.map(Proof.init(row:))
        return all.reduce(into: [:]) { newest, proof in
            if let other = newest[proof.backup], other.level > proof.level { return }
            newest[proof.backup] = proof
        }
    }
}

extension Transition {
    func record(_ proof: Proof) throws {
        try execute(
            """
            INSERT INTO proofs (unit, backup, level, instant, fault_code, fault_text, fault_hint)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                proof.unit.description, proof.backup.description, proof.level.rawValue, proof.instant.microseconds,
                proof.fault?.code.rawValue, proof.fault?.text, proof.fault?.hint,
            ])
        guard proof.level == .restore, proof.fault == nil else { return }
        try execute(
            "UPDATE databases SET proven_backup = ?, proven_at = ? WHERE unit = ?",
            [proof.backup.description, proof.instant.microseconds, proof.unit.description])
    }
}

extension Proof {
    fileprivate init(row: Row) throws {
        self.init(
            unit: try row.required(row.text("unit").flatMap { UnitID($0) }, "proofs.unit"),
            backup: try row.required(row.backup("backup"), "proofs.backup"),
            level: try row.required(row.value("level"), "proofs.level"),
            instant: try row.required(row.instant("instant"), "proofs.instant"))
        fault = row.fault
    }
}
