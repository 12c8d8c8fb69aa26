import GRDB
package import Model
package import Policies

extension Catalog {
    /// When the last successful on-demand backup of a unit ended.
    package func cooldownStart(of unit: UnitID) throws -> ClockReading? {
        try read { try Transition($0).cooldownStart(of: unit) }
    }

    /// When the last tick of each kind was claimed.
    package func lastTicks() throws -> [TickKey: Instant] {
        let rows = try read { try Row.fetchAll($0, sql: "SELECT * FROM ticks") }
        return rows.reduce(into: [:]) { ticks, row in
            guard let kind: BackupKind = row.value("kind"), let instant = row.instant("claimed_at") else { return }
            ticks[TickKey(server: row["server"], kind: kind)] = instant
        }
    }

    /// Claims ticks before their work starts, all in one transaction; durable on return.
    ///
    /// - Parameter marks: for each tick the instant that stands for it from now on.
    /// - Returns: those that had not been claimed with the same mark before.
    package func claimTicks(_ marks: [TickKey: Instant]) throws -> Set<TickKey> {
        try transition { transition in
            let claimed = try marks.filter { key, mark in
                try transition.execute(
                    """
                    INSERT INTO ticks (server, kind, claimed_at) VALUES (?, ?, ?)
                    ON CONFLICT (server, kind) DO UPDATE SET claimed_at = excluded.claimed_at
                        WHERE claimed_at IS NOT excluded.claimed_at
                    """, [key.server, key.kind.rawValue, mark.microseconds]) > 0
            }
            return Set(claimed.keys)
        }
    }
}

extension Transition {
    func cooldownStart(of unit: UnitID) throws -> ClockReading? {
        guard let row = try row("SELECT * FROM cooldowns WHERE unit = ?", [unit.description]) else { return nil }
        return ClockReading(
            sinceBoot: .microseconds(row["ended_since_boot"] as Int64), bootID: row["boot_id"],
            wall: Instant(microseconds: row["ended_at"]))
    }

    func startCooldown(of unit: UnitID, at clock: ClockReading) throws {
        try execute(
            "INSERT OR REPLACE INTO cooldowns (unit, boot_id, ended_since_boot, ended_at) VALUES (?, ?, ?, ?)",
            [unit.description, clock.bootID, clock.sinceBoot.microseconds, clock.wall.microseconds])
    }
}
