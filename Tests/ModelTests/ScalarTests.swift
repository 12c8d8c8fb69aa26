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
}
