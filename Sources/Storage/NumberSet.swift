package import Model

/// Numbers of backups, a bit each.
package struct NumberSet: Sendable {
    private var words: [UInt64] = []

    package init() {}

    package func contains(_ number: SequenceNumber) -> Bool {
        let word = Int(number / 64)
        return word < words.count && words[word] & (1 << (number % 64)) != 0
    }

    package mutating func insert(_ number: SequenceNumber) {
        let word = Int(number / 64)
        if word >= words.count { words += Array(repeating: 0, count: max(word + 1 - words.count, words.count)) }
        words[word] |= 1 << (number % 64)
    }
}
