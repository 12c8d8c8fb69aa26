package import Model

/// Which object of which repository an envelope is; a reader states it and is refused any other.
package struct EnvelopeIdentity: Sendable, Hashable {
    package var kind: ObjectKind
    package var repository: RepositoryID
    package var unit: UnitID
    /// Of a point or mark: its backup; of a pack: the backup that wrote it; of a map: the last backup it merges; of a head:
    /// its generation; of a log: the position of its first byte.
    package var sequence: SequenceNumber
    /// Of a pack: the random part of its name; of a map: the first backup it merges; of a head: its copy; of a log: its
    /// timeline in the upper half, its bytes in the lower; of a point: 0.
    package var qualifier: UInt64

    package init(
        kind: ObjectKind, repository: RepositoryID, unit: UnitID, sequence: SequenceNumber, qualifier: UInt64 = 0
    ) {
        self.kind = kind
        self.repository = repository
        self.unit = unit
        self.sequence = sequence
        self.qualifier = qualifier
    }
}
