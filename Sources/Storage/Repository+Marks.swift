import Archiving
package import Model

extension Repository {
    /// Records what happened to a backup; durable on return. Marks that it makes obsolete are removed.
    ///
    /// On return no prune that goes on deletes a backup that is preserved or undeleted by it.
    /// - Parameter sequence: 0 for the damage list of the whole unit.
    /// - Throws: `not-found` when the backup was deleted for good.
    package func mark(_ sequence: SequenceNumber, of unit: UnitID, _ mark: Mark) throws {
        try requireWritable()
        let objects = unitStore(unit)
        try objects.access.marking {
            if sequence > 0 { try objects.requireMarkable(sequence) }
            try put(mark, sequence, of: objects)
        }
    }

    private func put(_ mark: Mark, _ sequence: SequenceNumber, of objects: UnitStore) throws {
        let bench = try FrameBench()
        let before = try objects.marks { $0 == sequence }[sequence] ?? []
        // Also above one that can't be read.
        let taken = try objects.list("marks").compactMap { name -> UInt64? in
            guard case .mark(sequence, let number, _) = name else { return nil }
            return number
        }
        let name = ObjectName.mark(sequence, number: (taken.max() ?? 0) + 1, mark.kind)
        let object = try OpenObject(name, number: 0, in: objects, frames: .max)
        do {
            try RecordCoding.encode(mark).withUnsafeBytes { _ = try object.envelope.write(.record, $0, by: bench) }
            try object.envelope.finish(by: bench)
            try object.sink.commit(as: objects.path(name), syncNames: true)
        } catch {
            object.sink.abandon()
            throw error
        }
        for old in before where old.mark.isObsolete(after: mark) {
            try? store.delete(objects.path(.mark(sequence, number: old.number, old.mark.kind)))
        }
    }

    /// The state of each marked backup of a unit.
    ///
    /// - Parameter preservedAtBirth: the backups whose record says so.
    package func markStates(
        of unit: UnitID, preservedAtBirth: Set<SequenceNumber>
    ) throws -> [SequenceNumber: MarkState] {
        try unitStore(unit).markStates(preservedAtBirth: preservedAtBirth)
    }

    /// Frames of a unit that are known to be damaged: a full stores their pages again.
    package func knownDamage(of unit: UnitID) throws -> DamageList {
        try unitStore(unit).marks { $0 == 0 }[0]?.last?.mark.damage ?? DamageList()
    }

    /// Replaces what is known of a unit's damage; durable on return.
    package func noteDamage(_ damage: DamageList, of unit: UnitID, at instant: Instant, by actor: Actor) throws {
        guard try damage != knownDamage(of: unit) else { return }
        try mark(0, of: unit, Mark(kind: .damage, instant: instant, actor: actor, damage: damage))
    }
}

extension Mark {
    /// Whether nothing is lost without this once `later` is durable.
    fileprivate func isObsolete(after later: Mark) -> Bool {
        switch later.kind {
        case .preserved, .released: kind == .preserved || kind == .released
        case .deleted, .undeleted: kind == .deleted || kind == .undeleted
        case .proof: kind == .proof && level == later.level
        case .damage: kind == .damage
        }
    }
}
