/// Two of a recovery key's words, to be typed back by who has written them down.
package struct RecoveryQuiz {
    package let words: [String]
    /// From 0, ascending.
    package let asked: [Int]

    package init(_ words: String, using generator: inout some RandomNumberGenerator) {
        self.words = words.split(whereSeparator: { !$0.isLetter }).map(String.init)
        asked = Array(self.words.indices.shuffled(using: &generator).prefix(2)).sorted()
    }

    package func question(_ position: Int) -> String { "word \(position + 1): " }

    package func accepts(_ answer: String, at position: Int) -> Bool {
        answer.lowercased() == words[position].lowercased()
    }
}
