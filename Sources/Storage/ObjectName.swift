import Archiving
package import Model

/// An object of a backup unit: what it is and where it lies.
package enum ObjectName: Sendable, Hashable {
    case point(SequenceNumber)
    /// Written by the backup of that number; the second part is random.
    case pack(SequenceNumber, UInt64)
    /// Merges the deltas of these backups.
    case map(SequenceNumber, SequenceNumber)
    /// What changed after a backup was committed; `number` counts the marks of that backup, from 1.
    case mark(SequenceNumber, number: UInt64, Mark.Kind)

    /// The backup that wrote it; of a map the last one it merges.
    package var sequence: SequenceNumber {
        switch self {
        case .point(let sequence), .pack(let sequence, _), .map(_, let sequence), .mark(let sequence, _, _): sequence
        }
    }

    /// The folder below the unit's.
    package var folder: String {
        switch self {
        case .point: "points"
        case .pack: "packs"
        case .map: "maps/0"
        case .mark: "marks"
        }
    }

    /// The name below the unit's folder, such as `points/0000000000000007`.
    package var path: String {
        switch self {
        case .point(let sequence): "points/\(Self.pad(sequence))"
        case .pack(let sequence, let random): "packs/\(Self.pad(sequence))-\(Self.hex(random))"
        case .map(let from, let to): "maps/0/\(Self.pad(from))-\(Self.pad(to))"
        case .mark(let sequence, let number, let kind): "marks/\(Self.pad(sequence))-\(number)-\(kind.rawValue)"
        }
    }

    /// Reads what `path` writes; nil for anything else.
    package init?(path: String) {
        let folder = StoreName.folder(of: path)
        let leaf = StoreName.leaf(of: path)
        let parts = leaf.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard let first = SequenceNumber(parts[0]) else { return nil }
        switch (folder, parts.count) {
        case ("points", 1): self = .point(first)
        case ("packs", 2):
            guard let random = UInt64(parts[1], radix: 16) else { return nil }
            self = .pack(first, random)
        case ("maps/0", 2):
            guard let to = SequenceNumber(parts[1]), first >= 1, first <= to else { return nil }
            self = .map(first, to)
        case ("marks", 3):
            guard let number = UInt64(parts[1]), let kind = Mark.Kind(rawValue: parts[2]) else { return nil }
            self = .mark(first, number: number, kind)
        default: return nil
        }
        guard self.path == path else { return nil }
    }

    func identity(repository: RepositoryID, unit: UnitID) -> EnvelopeIdentity {
        let (kind, qualifier): (ObjectKind, UInt64) =
            switch self {
            case .point: (.point, 0)
            case .pack(_, let random): (.pack, random)
            case .map(let from, _): (.map, from)
            case .mark(_, let number, _): (.mark, number)
            }
        return EnvelopeIdentity(
            kind: kind, repository: repository, unit: unit, sequence: sequence, qualifier: qualifier)
    }

    private static func pad(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension ObjectName: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let name = ObjectName(path: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not the name of an object"))
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(path)
    }
}
