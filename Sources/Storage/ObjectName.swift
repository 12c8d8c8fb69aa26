import Archiving
package import Model

/// An object of a backup unit: what it is and where it lies.
package enum ObjectName: Sendable, Hashable {
    case point(SequenceNumber)
    /// Written by the backup of that number; the second part is random.
    case pack(SequenceNumber, UInt64)
    /// Pages that prune moved; the backup that holds them since, and a random part.
    case fold(SequenceNumber, UInt64)
    /// Merges the deltas of these backups; belongs to a generation of maps, 0 before the first prune.
    case map(SequenceNumber, SequenceNumber, generation: UInt64)
    /// What a prune left, by generation, from 1; each head is stored twice, as copy 0 and 1.
    case head(UInt64, copy: UInt64)
    /// What changed after a backup was committed; `number` counts the marks of that backup, from 1.
    case mark(SequenceNumber, number: UInt64, Mark.Kind)
    /// A stretch of the server's write-ahead log.
    case log(LogSpan)

    /// The backup that wrote it; of a map the last one it merges, of a head or log 0.
    package var sequence: SequenceNumber {
        switch self {
        case .point(let sequence), .pack(let sequence, _), .fold(let sequence, _), .map(_, let sequence, _),
            .mark(let sequence, _, _):
            sequence
        case .head, .log: 0
        }
    }

    /// The folder below the unit's.
    package var folder: String {
        switch self {
        case .point: "points"
        case .pack: "packs"
        case .fold: "folds"
        case .map(_, _, let generation): "maps/\(generation)"
        case .head: "heads"
        case .mark: "marks"
        case .log: "logs"
        }
    }

    /// The name below the unit's folder, such as `points/0000000000000007`.
    package var path: String {
        switch self {
        case .point(let sequence): "points/\(Self.pad(sequence))"
        case .pack(let sequence, let random): "packs/\(Self.pad(sequence))-\(Self.hex(random))"
        case .fold(let sequence, let random): "folds/\(Self.pad(sequence))-\(Self.hex(random))"
        case .map(let from, let to, let generation): "maps/\(generation)/\(Self.pad(from))-\(Self.pad(to))"
        case .head(let generation, let copy): "heads/\(Self.pad(generation))-\(copy)"
        case .mark(let sequence, let number, let kind): "marks/\(Self.pad(sequence))-\(number)-\(kind.rawValue)"
        case .log(let span):
            "logs/"
                + [
                    Self.hex(span.lineage), Self.hex(UInt64(span.timeline), digits: 8), Self.hex(span.from),
                    Self.hex(span.to),
                ]
                .joined(separator: "-")
        }
    }

    /// Reads what `path` writes; nil for anything else.
    package init?(path: String) {
        if let known = Self.plain(path) {
            self = known
            return
        }
        let folder = StoreName.folder(of: path)
        let leaf = StoreName.leaf(of: path)
        if folder == "logs" {
            guard let span = Self.span(leaf) else { return nil }
            self = .log(span)
            return
        }
        let parts = leaf.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard let first = SequenceNumber(parts[0]) else { return nil }
        switch (folder, parts.count) {
        case ("points", 1): self = .point(first)
        case ("packs", 2), ("folds", 2):
            guard let random = UInt64(parts[1], radix: 16) else { return nil }
            self = folder == "packs" ? .pack(first, random) : .fold(first, random)
        case ("heads", 2):
            guard let copy = UInt64(parts[1]), first >= 1, copy < Head.copies else { return nil }
            self = .head(first, copy: copy)
        case (_, 2) where StoreName.folder(of: folder) == "maps":
            guard let generation = UInt64(StoreName.leaf(of: folder)), let to = SequenceNumber(parts[1]), first >= 1,
                first <= to
            else { return nil }
            self = .map(first, to, generation: generation)
        case ("marks", 3):
            guard let number = UInt64(parts[1]), let kind = Mark.Kind(rawValue: parts[2]) else { return nil }
            self = .mark(first, number: number, kind)
        default: return nil
        }
        guard self.path == path else { return nil }
    }

    /// Reads the names of points, packs and folds whose numbers have sixteen digits: of those a record may have many.
    private static func plain(_ path: String) -> ObjectName? {
        var path = path
        return path.withUTF8 { bytes in
            func number(at start: Int, radix: UInt64) -> UInt64? {
                var number: UInt64 = 0
                for byte in bytes[start..<start + 16] {
                    switch byte {
                    case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number * radix + UInt64(byte - 48)
                    case UInt8(ascii: "a")...UInt8(ascii: "f") where radix == 16:
                        number = number * radix + UInt64(byte - 87)
                    default: return nil
                    }
                }
                return number
            }
            func starts(_ prefix: StaticString) -> Bool {
                bytes.starts(with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
            }
            if bytes.count == 23, starts("points/") { return number(at: 7, radix: 10).map { .point($0) } }
            guard bytes.count == 39, bytes[22] == UInt8(ascii: "-"), let sequence = number(at: 6, radix: 10),
                let random = number(at: 23, radix: 16)
            else { return nil }
            if starts("packs/") { return .pack(sequence, random) }
            return starts("folds/") ? .fold(sequence, random) : nil
        }
    }

    func identity(repository: RepositoryID, unit: UnitID) -> EnvelopeIdentity {
        let (kind, sequence, qualifier): (ObjectKind, SequenceNumber, UInt64) =
            switch self {
            case .point(let sequence): (.point, sequence, 0)
            case .pack(let sequence, let random), .fold(let sequence, let random): (.pack, sequence, random)
            case .map(let from, let to, _): (.map, to, from)
            case .mark(let sequence, let number, _): (.mark, sequence, number)
            case .head(let generation, let copy): (.head, generation, copy)
            case .log(let span): (.log, span.from, UInt64(span.timeline) << 32 | (span.to - span.from))
            }
        return EnvelopeIdentity(
            kind: kind, repository: repository, unit: unit, sequence: sequence, qualifier: qualifier)
    }

    private static func pad(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    private static func hex(_ number: UInt64, digits: Int = 16) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }

    private static func span(_ leaf: String) -> LogSpan? {
        let parts = leaf.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, let lineage = UInt64(parts[0], radix: 16), let timeline = UInt32(parts[1], radix: 16),
            let from = UInt64(parts[2], radix: 16), let to = UInt64(parts[3], radix: 16), from < to,
            to - from <= LogSpan.longest
        else { return nil }
        let span = LogSpan(lineage: lineage, timeline: timeline, from: from, to: to)
        return ObjectName.log(span).path == "logs/\(leaf)" ? span : nil
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
