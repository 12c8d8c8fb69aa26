/// 128 random bits, written as 32 lower-case hexadecimal digits.
package struct Identifier: Sendable, Hashable, Codable, CustomStringConvertible {
    /// 16 bytes.
    package let bytes: [UInt8]

    /// - Precondition: 16 bytes.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 16)
        self.bytes = bytes
    }

    package init?(_ text: String) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    package static func random() -> Identifier {
        var generator = SystemRandomNumberGenerator()
        return Identifier(bytes: (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    package var description: String { Hexadecimal.encode(bytes) }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let identifier = Identifier(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not 32 hexadecimal digits"))
        }
        self = identifier
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Identifies a repository.
package typealias RepositoryID = Identifier
/// Identifies a backup unit inside a repository; it survives renaming and replacing the database.
package typealias UnitID = Identifier
/// Position of a backup among those of its unit: 1, 2, 3 …; a number is used once.
package typealias SequenceNumber = UInt64

/// What people and scripts call one backup: `3fa91c07b2d4-42`, the first 12 digits of its unit and its sequence number.
package struct BackupID: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The first digits of the unit's identifier.
    package let unitPrefix: String
    package let sequence: SequenceNumber

    package init(unit: UnitID, sequence: SequenceNumber) {
        self.unitPrefix = String(unit.description.prefix(12))
        self.sequence = sequence
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count >= 4, parts[0].count <= 32,
            parts[0].allSatisfy({ $0.isASCII && $0.isHexDigit }), parts[1].allSatisfy({ ("0"..."9").contains($0) }),
            let sequence = SequenceNumber(parts[1]), sequence > 0
        else { return nil }
        self.unitPrefix = parts[0].lowercased()
        self.sequence = sequence
    }

    package func isOf(unit: UnitID) -> Bool { unit.description.hasPrefix(unitPrefix) }

    package var description: String { "\(unitPrefix)-\(sequence)" }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let identifier = BackupID(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a backup id"))
        }
        self = identifier
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
