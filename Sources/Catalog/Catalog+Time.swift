import GRDB
package import Model
package import Policies

extension Catalog {
    /// When the last successful on-demand backup of a unit ended.
    package func cooldownStart(of unit: UnitID) throws -> ClockReading? {
        try read { try Transition($0).cooldownStart(of: unit) }
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
