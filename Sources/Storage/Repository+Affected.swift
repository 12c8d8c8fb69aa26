package import Model

extension Repository {
    /// The backups of a unit that can't be restored whole because of damage that is known; exact, by reading the places of
    /// each image, and therefore only for units that have any.
    ///
    /// - Parameter points: those that are looked at; all by default.
    /// - Throws: when that can't be told.
    package func affected(
        by damage: DamageList, of unit: UnitID, among points: [SequenceNumber]? = nil
    ) throws -> Set<SequenceNumber> {
        guard !damage.isEmpty else { return [] }
        let objects = unitStore(unit)
        let affected = AffectedPoints(unit: objects, damage: damage.items)
        return Set(try affected.list(among: try points ?? objects.sequences()).joined().map(\.sequence))
    }
}
