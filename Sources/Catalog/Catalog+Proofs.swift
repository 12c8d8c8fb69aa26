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

    /// The last failed check of each database's newest backup, where no later one as deep or deeper found it good.
    ///
    /// One look into an index for each database.
    package func failedProofs() throws -> [BackupID: Proof] {
        func depth(_ table: String) -> String {
            "CASE \(table).level WHEN 'stored' THEN 0 WHEN 'pages' THEN 1 ELSE 2 END"
        }
        let sql = """
            SELECT bad.* FROM databases AS d CROSS JOIN proofs AS bad ON bad.backup = d.last_backup
            WHERE bad.fault_code IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM proofs AS good WHERE good.backup = bad.backup AND good.id > bad.id
                    AND good.fault_code IS NULL AND \(depth("good")) >= \(depth("bad")))
            ORDER BY bad.id
            """
        let all = try read { try Row.fetchAll($0, sql: sql) }.map(Proof.init(row:))
        return Dictionary(all.map { ($0.backup, $0) }, uniquingKeysWith: { _, last in last })
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
