import Archiving
import Model
import Testing

@Suite struct RecoveryKeyTests {
    @Test func wordsAreReadInAnyDress() throws {
        let words = try RecoveryKey.random().words()
        #expect(words.count == RecoveryKey.wordCount)
        #expect(words.allSatisfy { $0.utf8.count == 5 })
        for text in [
            words.joined(separator: " "), words.joined(separator: "-").uppercased(), words.joined(),
            "  " + words.joined(separator: "\n") + "\r\n", words.joined(separator: " – "),
        ] {
            #expect(try RecoveryKey(words: text).words() == words)
        }
    }

    /// The check value of the format's specification: the bytes 00 01 … 1f.
    @Test func wordsAreThoseOfTheSpecification() throws {
        let text =
            "babad bamag bibaj bimal boban bomar bubat bumaz dabid damig dibij dimil dobin domir dubit dumiz lonag"
        #expect(try RecoveryKey(words: text).words().joined(separator: " ") == text)
    }

    @Test func everyMistypedLetterIsFound() throws {
        let text = try RecoveryKey.random().words().joined()
        // One change in 65,536 passes the check word, so a changed letter is nearly never missed.
        var missed = 0
        for position in 0..<text.utf8.count {
            var letters = Array(text.utf8)
            letters[position] = letters[position] == UInt8(ascii: "b") ? UInt8(ascii: "d") : UInt8(ascii: "b")
            let typed = String(decoding: letters, as: UTF8.self)
            if code({ _ = try RecoveryKey(words: typed) }) != .wrongUsage { missed += 1 }
        }
        #expect(missed <= 1)
    }

    @Test func swappedMissingAndForeignWordsAreFound() throws {
        let words = try ["babab"] + RecoveryKey.random().words().dropFirst()
        var swapped = try RecoveryKey.random().words()
        while swapped[2] == swapped[3] { swapped = try RecoveryKey.random().words() }
        swapped.swapAt(2, 3)
        for text in [
            swapped.joined(separator: " "), words.dropLast().joined(separator: " "),
            (words + ["babab"]).joined(separator: " "), "", "ba" + words.joined(separator: " ").dropFirst(2) + "é",
        ] {
            #expect(code { _ = try RecoveryKey(words: text) } == .wrongUsage)
        }
    }

    @Test func theMessageNamesTheWord() throws {
        var words = try RecoveryKey.random().words()
        words[4] = "xxxxx"
        do {
            _ = try RecoveryKey(words: words.joined(separator: " "))
            Issue.record("a word without vowels was taken")
        } catch let fault as Fault {
            #expect(fault.message.contains("word 5"))
        }
    }
}
