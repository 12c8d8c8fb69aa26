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

    @Test func namesThatLookTheSameAreToldApart() throws {
        let names = ["crm/caf\u{e9}.db", "crm/cafe\u{301}.db"].map { DatabaseName($0) }
        for name in names {
            for typed in [name.text, name.path] {
                let found = try NameSelection.one(typed, among: names)
                #expect(found.text.isSame(as: name.text))
                #expect(try NameSelection.several([typed], among: names) == [name])
            }
        }
        #expect(try NameSelection.several(["crm"], among: names).count == 2)
        let absent = #expect(throws: Fault.self) { try NameSelection.one("crm/cafe\u{301}.db", among: [names[0]]) }
        #expect(absent?.code == .notFound)
        #expect(absent?.hint?.begins(with: "did you mean crm/caf\u{e9}.db? ") == true, "\(absent?.hint ?? "")")
    }

    @Test func aNameMayBeginWithACombiningMark() throws {
        let all = names + ["crm/\u{301}first.db", "crm/last\u{600}/x.db"].map { DatabaseName($0) }
        #expect(try NameSelection.several(["crm"], among: all).count == 5)
        #expect(try NameSelection.one("\u{301}first.db", among: all) == all[4])
        #expect(try NameSelection.one("x.db", among: all) == all[5])
        #expect(try NameSelection.several(["\u{301}f*"], among: all) == [all[4]])
        #expect(try NameSelection.several(["*\u{301}first.db"], among: all) == [all[4]])
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
