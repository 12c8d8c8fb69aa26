import Model
import Testing
import Wire

@Suite struct NameSelectionTests {
    private let names = ["crm/app.db", "crm/sub/app.db", "crm/log.db", "web/shop.db"].map { DatabaseName($0) }

    @Test(arguments: [
        ("crm/app.db", "crm/app.db"), ("log.db", "crm/log.db"), ("sub/app.db", "crm/sub/app.db"),
        ("shop.db", "web/shop.db"),
    ])
    func aUniqueEndIsEnough(typed: String, name: String) throws {
        #expect(try NameSelection.one(typed, among: names).text == name)
    }

    @Test func anEndThatFitsSeveralIsRefused() {
        #expect(throws: Fault.self) { try NameSelection.one("app.db", among: names) }
        do {
            _ = try NameSelection.several(["app.db"], among: names)
            Issue.record("no fault")
        } catch {
            #expect(error.code == .ambiguousName)
        }
    }

    @Test func aMistypedNameIsAnsweredWithTheNearest() {
        for (typed, nearest) in [("crm/ap.db", "crm/app.db"), ("shpo.db", "web/shop.db"), ("lgo.db", "crm/log.db")] {
            let fault = #expect(throws: Fault.self) { try NameSelection.one(typed, among: names) }
            #expect(fault?.hint?.hasPrefix("did you mean \(nearest)? ") == true, "\(fault?.hint ?? "")")
        }
        let strange = #expect(throws: Fault.self) { try NameSelection.several(["something-else"], among: names) }
        #expect(strange?.hint == "list them with `holdfast databases`")
    }

    @Test func halfAComponentIsNoEnd() {
        #expect(throws: Fault.self) { try NameSelection.one("g.db", among: names) }
    }

    @Test func patternsAndServersMeanSeveral() throws {
        #expect(try NameSelection.several(["crm"], among: names).count == 3)
        #expect(try NameSelection.several(["*"], among: names).count == 4)
        #expect(
            try NameSelection.several(["l*.db", "shop.db"], among: names).map(\.text) == ["crm/log.db", "web/shop.db"])
        #expect(try NameSelection.several(["crm/*", "crm/app.db"], among: names).count == 3)
        #expect(throws: Fault.self) { try NameSelection.several(["x*"], among: names) }
    }
}
