import Model
import Operations
import Testing

@Suite struct MemberNameTests {
    private let units = ["main", "other", "files/crm", "files/app.db"].map { DatabaseName($0) }
    private let known = ["main/crm", "main/shop", "other/shop", "main/odd/name"].map { DatabaseName($0) }

    @Test(arguments: [
        ("main/crm", "main/crm"), ("main/dropped", "main/dropped"), ("odd/name", "main/odd/name"),
        ("name", "main/odd/name"),
        ("main", nil), ("files/crm", nil), ("app.db", nil), ("files/app.db", nil), ("nothing", nil),
        ("files/nothing", nil),
    ]) func tellsADatabaseInsideAServerFromAWholeUnit(typed: String, meant: String?) throws {
        #expect(try MemberName.choose(typed, known: known, units: units) == meant.map { DatabaseName($0) })
    }

    @Test(arguments: ["crm", "shop"]) func asksWhichOneIsMeant(typed: String) {
        let fault = #expect(throws: Fault.self) { try MemberName.choose(typed, known: known, units: units) }
        #expect(fault?.code == .ambiguousName)
        #expect(fault?.hint?.contains("/\(typed)") == true)
    }
}
