import Model

/// A key to write on paper: 256 random bits as 16 pronounceable words and one that checks them.
package struct RecoveryKey: Sendable {
    static let length = 32
    package static let wordCount = 17

    let bytes: KeyBytes

    private init(bytes: KeyBytes) { self.bytes = bytes }

    package static func random() throws -> RecoveryKey { RecoveryKey(bytes: try Randomness.key(length)) }

    /// The 17 words; shown once and never stored.
    package func words() throws -> [String] {
        try bytes.withBytes { bytes in
            let numbers = stride(from: 0, to: Self.length, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
            return (numbers + [try Self.check(bytes)]).map(Proquint.word)
        }
    }

    /// Reads words in any case, with or without white space, dashes and dots between them.
    ///
    /// - Throws: `wrong-usage` naming the first word that can't be one, or when the last does not check the others.
    package init(words text: String) throws {
        let letters = Array(
            text.lowercased().unicodeScalars.filter {
                !$0.properties.isWhitespace && !"-–—.,".unicodeScalars.contains($0)
            }
            .map { UInt8(exactly: $0.value) ?? 0 })
        guard letters.count == Self.wordCount * 5 else {
            throw Fault(
                .wrongUsage,
                "a recovery key has \(Self.wordCount) words of five letters, this one \(letters.count) letters"
            )
        }
        let numbers = try (0..<Self.wordCount).map { word in
            guard let number = Proquint.number(letters[word * 5..<word * 5 + 5]) else {
                throw Fault(.wrongUsage, "word \(word + 1) of the recovery key is mistyped")
            }
            return number
        }
        bytes = KeyBytes(count: Self.length) { bytes in
            for (index, number) in numbers.dropLast().enumerated() {
                bytes[index * 2] = UInt8(number >> 8)
                bytes[index * 2 + 1] = UInt8(number & 255)
            }
        }
        guard try bytes.withBytes(Self.check) == numbers.last else {
            throw Fault(.wrongUsage, "the recovery key is mistyped: its last word does not check the others")
        }
    }

    /// The number of the last word.
    private static func check(_ bytes: UnsafeRawBufferPointer) throws -> UInt16 {
        var input = Array("holdfast recovery check 1".utf8) + Array(bytes)
        defer { Digests.wipe(&input) }
        let digest = try input.withUnsafeBytes { try Digests.sha256($0) }
        return UInt16(digest[0]) << 8 | UInt16(digest[1])
    }
}
