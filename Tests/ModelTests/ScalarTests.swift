import Model
import Testing

/// What is escaped for a parser that knows no combining marks.
@Suite struct ScalarTests {
    @Test func aQuoteWithAMarkBehindItIsAQuote() {
        #expect("a\"\u{301}b\"".doubling("\"").unicodeScalars.elementsEqual("a\"\"\u{301}b\"\"".unicodeScalars))
        #expect("\u{600}$\u{301}".doubling("$").unicodeScalars.elementsEqual("\u{600}$$\u{301}".unicodeScalars))
        let backslashed = "a\\\u{301}\"".backslashing(["\"", "\\"])
        #expect(backslashed.unicodeScalars.elementsEqual("a\\\\\u{301}\\\"".unicodeScalars))
        #expect("plain".doubling("'") == "plain")
    }

    @Test func textsAreComparedByBytes() {
        let (composed, apart) = ("caf\u{e9}", "cafe\u{301}")
        #expect(!composed.isSame(as: apart) && composed.isSame(as: "caf\u{e9}"))
        #expect(!"\(apart)/x".begins(with: composed) && !"x/\(apart)".ends(with: composed))
        #expect("/\u{301}x".begins(with: "/") && "\u{600}/".ends(with: "/") && "\u{600}/\u{301}".hasSlash)
        #expect(apart.precedes(composed) && !composed.precedes(apart) && !apart.precedes(apart))
        #expect("/srv/\u{301}x".rest(after: "/srv/").map { Array($0.utf8) } == [0xCC, 0x81, 0x78])
        #expect("/srv".rest(after: "/srv/") == nil && "".rest(after: "") == "")
    }

    @Test func textsAreCutAtScalars() {
        let parts = "/a\u{600}/\u{301}b//c/".parts(between: ["/"], keepingEmpty: true)
        #expect(parts.map { Array($0.utf8) } == ["", "a\u{600}", "\u{301}b", "", "c", ""].map { Array($0.utf8) })
        #expect("a\u{600} \u{301}b\tc ".parts(between: [" ", "\t"]).count == 3)
    }
}
