/// Pronounceable five-letter words, each for 16 bits.
///
/// Source: arXiv 0901.4016: consonant (4 bits), vowel (2), consonant (4), vowel (2), consonant (4), highest bits first.
enum Proquint {
    private static let consonants = Array("bdfghjklmnprstvz".utf8)
    private static let vowels = Array("aiou".utf8)
    /// Bits of each letter, first letter first.
    private static let widths = [4, 2, 4, 2, 4]

    static func word(_ number: UInt16) -> String {
        var shift = 16
        let letters = widths.map { width in
            shift -= width
            let digit = Int(number >> UInt16(shift)) & (1 << width - 1)
            return width == 4 ? consonants[digit] : vowels[digit]
        }
        return String(decoding: letters, as: UTF8.self)
    }

    /// The number; nil when `letters` are not a word.
    static func number(_ letters: ArraySlice<UInt8>) -> UInt16? {
        guard letters.count == widths.count else { return nil }
        var number: UInt16 = 0
        for (letter, width) in zip(letters, widths) {
            guard let digit = (width == 4 ? consonants : vowels).firstIndex(of: letter) else { return nil }
            number = number << UInt16(width) | UInt16(digit)
        }
        return number
    }
}
