package import Model

/// What a check of stored bytes found.
package struct CheckReport: Sendable {
    package struct Finding: Sendable {
        /// The object's name in the repository, such as `db/3fa9…/packs/…`.
        package var object: String
        package var unit: UnitID?
        /// Nil when the object as a whole is missing, unknown or doesn't open.
        package var frames: [UInt32]?
        package var fault: Fault
        /// Backups that need the damaged bytes, in order; void points left out. Empty for maps, which can be made anew.
        package var affected: [BackupID]
    }

    package var objects = 0
    package var bytes = ByteCount.zero
    package var findings: [Finding] = []
    /// By unit: what a full has to store again.
    package var damage: [UnitID: DamageList] = [:]

    package init() {}

    package var isGood: Bool { findings.isEmpty }
    /// All affected backups, each once.
    package var affected: [BackupID] {
        var seen: Set<BackupID> = []
        return findings.flatMap(\.affected).filter { seen.insert($0).inserted }
    }

    package mutating func add(_ other: CheckReport) {
        objects += other.objects
        bytes = bytes + other.bytes
        findings += other.findings
        damage.merge(other.damage) { _, new in new }
    }
}
