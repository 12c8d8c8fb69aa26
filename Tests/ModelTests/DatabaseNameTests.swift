import Foundation
import Model
import Testing

@Suite struct DatabaseNameTests {
    @Test(arguments: [
        ("sales.db", "crm/sales.db"),
        ("2026/sales.db", "crm/2026/sales.db"),
        ("with space ü 漢.db", "crm/with space ü 漢.db"),
        ("two\nlines", #"crm/two\nlines"#),
        ("tab\there", #"crm/tab\there"#),
        ("bell\u{7}", #"crm/bell\u{07}"#),
        ("separator\u{2028}", #"crm/separator\u{2028}"#),
        (#"back\slash"#, #"crm/back\\slash"#),
    ])
    func isAlwaysOneReadableLine(path: String, text: String) {
        let name = DatabaseName(server: "crm", path: path)
        #expect(name.text == text)
        #expect(name.server == "crm")
        #expect(!name.text.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test func differentFilesNeverShareAName() {
        let alphabet = ["a", "\\", "n", "\n", "\u{7}", "\\u{07}", "\"", "'", "\r"]
        let paths = alphabet.flatMap { first in
            alphabet.flatMap { second in alphabet.map { third in first + second + third } }
        }
        let names = paths.map { DatabaseName(server: "s", path: $0).text }
        #expect(Set(names).count == Set(paths).count)
    }

    @Test func aSuffixFromASlashOnIsEnough() {
        let name = DatabaseName("crm/2026/sales.db")
        for typed in ["crm/2026/sales.db", "2026/sales.db", "sales.db"] { #expect(name.matches(typed)) }
        for typed in ["ales.db", "crm", "2026", "", "/sales.db", "SALES.DB"] { #expect(!name.matches(typed)) }
    }

    @Test func namesThatLookTheSameAreDifferentNames() {
        let names = ["crm/caf\u{e9}.db", "crm/cafe\u{301}.db"].map { DatabaseName($0) }
        #expect(names[0] != names[1] && Set(names).count == 2)
        #expect(names.sorted().map { Array($0.text.utf8) } == names.map { Array($0.text.utf8) }.reversed())
        #expect(names[0].matches("caf\u{e9}.db") && !names[0].matches("cafe\u{301}.db"))
        #expect(!names[0].matches(names[1].text))
    }

    @Test(arguments: ["\u{301}first.db", "\u{301}folder/\u{301}x", "last\u{600}/x"])
    func aSlashBesideAMarkIsASlash(path: String) {
        let name = DatabaseName(server: "crm", path: path)
        #expect(name.server == "crm")
        #expect(Array(name.path.utf8) == Array(path.utf8))
        #expect(name.matches(path))
        #expect(path.parts(between: ["/"]).last.map { name.matches(String($0)) } == true)
    }

    @Test func recordsHoldTheText() throws {
        let data = try JSONEncoder().encode([DatabaseName("crm/a b")])
        #expect(try JSONDecoder().decode([String].self, from: data) == ["crm/a b"])
        #expect(try JSONDecoder().decode([DatabaseName].self, from: data) == [DatabaseName("crm/a b")])
    }
}
