/// The root of an image: the sum, modulo 2^128, of a keyed term for every page it holds.
///
/// The order of pages does not matter, so a change updates it in O(change): take the old page out, put the new one in.
package struct ImageRoot: Sendable, Hashable {
    package private(set) var value: UInt128

    /// The root of an image without pages.
    package static let empty = ImageRoot(value: 0)

    private init(value: UInt128) { self.value = value }

    /// The root of an image of one page.
    package init(file: UInt32, page: UInt32, hash: PageHash, by hasher: PageHasher) {
        value = hasher.term(file: file, page: page, hash: hash)
    }

    package mutating func add(file: UInt32, page: UInt32, hash: PageHash, by hasher: PageHasher) {
        value &+= hasher.term(file: file, page: page, hash: hash)
    }

    package mutating func remove(file: UInt32, page: UInt32, hash: PageHash, by hasher: PageHasher) {
        value &-= hasher.term(file: file, page: page, hash: hash)
    }

    /// Adds all pages that `other` sums, such as those of another thread's share.
    package mutating func add(_ other: ImageRoot) { value &+= other.value }
    package mutating func remove(_ other: ImageRoot) { value &-= other.value }
}

extension ImageRoot: Codable, CustomStringConvertible {
    /// 32 hexadecimal digits, the highest first.
    package var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    package init?(_ text: String) {
        guard text.utf8.count == 32, text.allSatisfy({ $0.isHexDigit && !$0.isUppercase }),
            let value = UInt128(text, radix: 16)
        else { return nil }
        self.init(value: value)
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let root = ImageRoot(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not 32 hexadecimal digits"))
        }
        self = root
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
