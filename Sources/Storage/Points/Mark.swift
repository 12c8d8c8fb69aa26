package import Model

/// What happened to a backup after it was committed.
package struct Mark: Sendable, Codable, Equatable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case preserved
        case released
        /// Softly: it can be undeleted.
        case deleted
        case undeleted
        /// It passed a check; `level` says which.
        case proof
        /// Stored frames were found damaged; on number 0, for the whole unit.
        case damage
    }

    package var kind: Kind
    package var instant: Instant
    package var actor: Actor
    package var level: VerifyLevel?
    package var damage: DamageList?

    package init(
        kind: Kind, instant: Instant, actor: Actor, level: VerifyLevel? = nil, damage: DamageList? = nil
    ) {
        self.kind = kind
        self.instant = instant
        self.actor = actor
        self.level = level
        self.damage = damage
    }
}

/// The marks of one backup, folded.
package struct MarkState: Sendable, Equatable {
    package var isPreserved: Bool
    /// When it was softly deleted, and by whom.
    package var deleted: Instant?
    package var deletedBy: Actor?
    /// When a deletion was last taken back.
    package var undeleted: Instant?
    /// When it last passed each level.
    package var proofs: [VerifyLevel: Instant] = [:]

    package init(isPreserved: Bool) { self.isPreserved = isPreserved }

    mutating func apply(_ mark: Mark) {
        switch mark.kind {
        case .preserved: isPreserved = true
        case .released: isPreserved = false
        case .deleted:
            deleted = mark.instant
            deletedBy = mark.actor
        case .undeleted:
            deleted = nil
            deletedBy = nil
            undeleted = mark.instant
        case .proof: if let level = mark.level { proofs[level] = mark.instant }
        case .damage: break
        }
    }
}
