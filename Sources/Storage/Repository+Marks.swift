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
            defer { objects.memory.note { $0.forgetMarks() } }
            let before = try objects.markNames(of: sequence)
            try put(mark, sequence, of: objects, after: before, syncNames: true)
            try drop(before, madeObsoleteBy: mark, of: objects)
        }
    }

    /// As `mark`, of many backups: one look at the folder and one sync of it for each few thousand.
    ///
    /// - Throws: as `mark`; those before the one that can't be marked are.
    package func mark(_ sequences: [SequenceNumber], of unit: UnitID, _ mark: Mark) throws {
        try requireWritable()
        let objects = unitStore(unit)
        var rest = sequences[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.marksAtOnce)
            rest = rest.dropFirst(part.count)
            try objects.access.marking {
                defer { objects.memory.note { $0.forgetMarks() } }
                let wanted = Set(part)
                let before = Dictionary(grouping: try objects.list("marks").filter { wanted.contains($0.sequence) }) {
                    $0.sequence
                }
                for sequence in part {
                    try objects.requireMarkable(sequence)
                    try put(mark, sequence, of: objects, after: before[sequence] ?? [], syncNames: false)
                }
                try store.syncNames(of: "\(objects.folder)/marks")
                for names in before.values { try drop(names, madeObsoleteBy: mark, of: objects) }
            }
        }
    }

    /// Marks that others wait for, who set one.
    private static let marksAtOnce = 4096

    /// - Parameter before: the marks of that number: it comes above all of them, also those that can't be read.
    private func put(
        _ mark: Mark, _ sequence: SequenceNumber, of objects: UnitStore, after before: [ObjectName], syncNames: Bool
    ) throws {
        let bench = try FrameBench()
        let taken = before.compactMap { name -> UInt64? in
            guard case .mark(_, let number, _) = name else { return nil }
            return number
        }
        let name = ObjectName.mark(sequence, number: (taken.max() ?? 0) + 1, mark.kind)
        let object = try OpenObject(name, number: 0, in: objects, frames: .max)
        do {
            try RecordCoding.encode(mark).withUnsafeBytes { _ = try object.envelope.write(.record, $0, by: bench) }
            try object.envelope.finish(by: bench)
            try object.sink.commit(as: objects.path(name), syncNames: syncNames)
        } catch {
            object.sink.abandon()
            throw error
        }
    }

    /// Deletes those that can be read and mean nothing any more; failing to is no harm.
    private func drop(_ names: [ObjectName], madeObsoleteBy mark: Mark, of objects: UnitStore) throws {
        for (sequence, marks) in try objects.read(names) {
            for old in marks where old.mark.isObsolete(after: mark) {
                try? store.delete(objects.path(.mark(sequence, number: old.number, old.mark.kind)))
            }
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

    /// The state of one backup; O(its marks) in a repository opened for writing, but for the first look after any mark.
    package func markState(
        of sequence: SequenceNumber, _ unit: UnitID, preservedAtBirth: Bool = false
    ) throws -> MarkState {
        var state = MarkState(isPreserved: preservedAtBirth)
        for item in try unitStore(unit).marks(of: sequence) { state.apply(item.mark) }
        return state
    }

    /// Frames of a unit that are known to be damaged: a full stores their pages again.
    package func knownDamage(of unit: UnitID) throws -> DamageList {
        try unitStore(unit).marks(of: 0).last?.mark.damage ?? DamageList()
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
