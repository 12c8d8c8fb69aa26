import Archiving
package import Model

extension Repository {
    /// Records what happened to a backup; durable on return. Marks that it makes obsolete are removed.
    ///
    /// - Parameter sequence: 0 for the damage list of the whole unit.
    package func mark(_ sequence: SequenceNumber, of unit: UnitID, _ mark: Mark) throws {
        try requireWritable()
        let objects = unitStore(unit)
        let bench = try FrameBench()
        let before = try marks(of: unit)[sequence] ?? []
        let number = (before.map(\.number).max() ?? 0) + 1
        let name = ObjectName.mark(sequence, number: number, mark.kind)
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
        var states = Dictionary(
            preservedAtBirth.map { ($0, MarkState(isPreserved: true)) }, uniquingKeysWith: { first, _ in first })
        for (sequence, marks) in try marks(of: unit) {
            for item in marks { states[sequence, default: MarkState(isPreserved: false)].apply(item.mark) }
        }
        return states
    }

    /// Frames of a unit that are known to be damaged: a full stores their pages again.
    package func knownDamage(of unit: UnitID) throws -> DamageList {
        try marks(of: unit)[0]?.last?.mark.damage ?? DamageList()
    }

    /// Replaces what is known of a unit's damage; durable on return.
    package func noteDamage(_ damage: DamageList, of unit: UnitID, at instant: Instant, by actor: Actor) throws {
        guard try damage != knownDamage(of: unit) else { return }
        try mark(0, of: unit, Mark(kind: .damage, instant: instant, actor: actor, damage: damage))
    }

    /// By backup, in the order they were made. A damaged mark still preserves; others that can't be read don't count.
    private func marks(of unit: UnitID) throws -> [SequenceNumber: [(number: UInt64, mark: Mark)]] {
        let objects = unitStore(unit)
        let names = try objects.list("marks")
        guard !names.isEmpty else { return [:] }
        let bench = try FrameBench()
        var marks: [SequenceNumber: [(number: UInt64, mark: Mark)]] = [:]
        for case .mark(let sequence, let number, let kind) in names {
            let name = ObjectName.mark(sequence, number: number, kind)
            if let mark = try? objects.decode(Mark.self, objects.open(name, by: bench), by: bench), mark.kind == kind {
                marks[sequence, default: []].append((number, mark))
            } else if kind == .preserved {
                let mark = Mark(kind: .preserved, instant: Instant(seconds: 0), actor: .daemon)
                marks[sequence, default: []].append((number, mark))
            }
        }
        return marks.mapValues { $0.sorted { $0.number < $1.number } }
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
