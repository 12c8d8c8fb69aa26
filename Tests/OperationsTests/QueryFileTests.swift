import Model
import Operations
import Testing

@Suite struct QueryFileTests {
    @Test func readsPartsQueriesAndExpectations() throws {
        let file = try QueryFile(
            """
            # Kept by hand.
            database:  crm/*.db\u{20}
            query: SELECT a,
              b FROM t
            expect: 1|2
            expect:  |x:y
            expect:

            query: SELECT 1
            expect-rows: 0
            database: *
            query: SELECT 2
            expect-at-least: 7
            """ + "\r\n", name: "/q")
        #expect(file.parts.map(\.database) == ["crm/*.db", "*"])
        let queries = file.parts[0].queries
        #expect(queries.map(\.text) == ["SELECT a,\n  b FROM t", "SELECT 1"])
        #expect(queries.map(\.place) == ["/q:3", "/q:9"])
        #expect(queries.map(\.expectation) == [.rows(["1|2", " |x:y", ""]), .count(0)])
        #expect(file.parts[1].queries.map(\.expectation) == [.atLeast(7)])
        #expect(file.queries(for: DatabaseName("main/x")) { $0 == "*" }.map(\.place) == ["/q:12"])
    }

    @Test func takesTheLinesOfOtherSystemsAndRowsOfAnyLetters() throws {
        // A combining mark makes one character of itself and the blank or the colon before it.
        let file = try QueryFile(
            "database: *\r\nquery: SELECT 1\r\nexpect: \u{301}a\r\nquery: SELECT 2\r\nexpect:\u{301}b\r\n#\u{301}\r\n",
            name: "/q")
        #expect(file.parts.map(\.database) == ["*"])
        let queries = file.parts[0].queries
        #expect(queries.map(\.place) == ["/q:2", "/q:4"])
        #expect(queries.map(\.expectation) == [.rows(["\u{301}a"]), .rows(["\u{301}b"])])
    }

    @Test(arguments: [
        ("", "/q:1 holds no query"), ("database: *\n", "/q:1 holds no query"),
        ("query: SELECT 1\nexpect-rows: 1", "/q:1 comes before any `database:`"),
        ("database:\n", "/q:1 names no database"),
        ("database: *\nquery: SELECT 1\n", "/q:2 says not what its query must return"),
        ("database: *\nquery: SELECT 1\n\ndatabase: x", "/q:2 says not what its query must return"),
        ("database: *\nquery: \nexpect-rows: 1", "/q:2 holds an empty query"),
        ("database: *\nexpect: 1", "/q:2 expects something of no query"),
        ("database: *\nquery: x\nexpect: 1\nexpect-rows: 1", "/q:4 is a second expectation of one query"),
        ("database: *\nquery: x\nexpect-rows: 1\nexpect: 1", "/q:4 is a second expectation of one query"),
        ("database: *\nquery: x\nexpect-rows: -1", "/q:3 holds no number of rows"),
        ("database: *\nquery: x\nexpect-rows: many", "/q:3 holds no number of rows"),
        ("database: *\nquery: x\nexpect: 1\n  more", "/q:4 goes on with no query"),
        ("database: *\n  x", "/q:2 goes on with no query"), ("database: *\nSELECT 1", "/q:2 has no colon"),
        ("database: *\nqueri: x", "/q:2 begins with an unknown key: queri"),
    ]) func namesFileAndLineOfWhatIsWrong(text: String, message: String) {
        let fault = #expect(throws: Fault.self) { try QueryFile(text, name: "/q") }
        #expect(fault?.code == .badSettings)
        #expect(fault?.message == message)
        #expect(fault?.hint?.isEmpty == false)
    }
}
