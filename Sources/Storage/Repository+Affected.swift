package import Model

extension Repository {
    /// The backups of a unit that can't be restored whole because of damage that is known; exact, by reading the places of
    /// each image, and therefore only for units that have any.
    ///
    /// - Throws: when that can't be told.
    package func affected(by damage: DamageList, of unit: UnitID) throws -> Set<SequenceNumber> {
        guard !damage.isEmpty else { return [] }
        let objects = unitStore(unit)
        let affected = AffectedPoints(unit: objects, damage: damage.items)
        return Set(try affected.list(among: try objects.sequences()).joined().map(\.sequence))
    }
}
