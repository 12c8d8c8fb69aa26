import Model
import Testing
import Wire

@Suite struct ScopeTests {
    @Test(
        arguments: [
            ([], true), (["crm"], true), (["crm/sales/app.db"], true), (["crm/sales/"], true), (["crm/"], true),
            (["*.db"], true), (["crm/*"], true), (["sales/*.db"], true), (["other", "crm"], true), (["cr"], false),
            (["crm/sales"], false), (["crm/sal/"], false), (["app.db"], false), (["*.sqlite"], false),
            (["other"], false),
        ] as [([String], Bool)])
    func aScopeCoversByNameServerFolderOrPattern(scope: [String], expected: Bool) {
        #expect(NameSelection.covers(scope, DatabaseName("crm/sales/app.db")) == expected)
        if expected { #expect(NameSelection.mayCover(scope, server: "crm")) }
    }

    @Test func aScopeCoversByBytes() {
        let name = DatabaseName("crm/\u{301}sales/cafe\u{301}.db")
        for scope in ["crm", "crm/", "crm/\u{301}sales/", "\u{301}sales/*", name.text] {
            #expect(NameSelection.covers([scope], name) && NameSelection.mayCover([scope], server: "crm"), "\(scope)")
        }
        #expect(!NameSelection.covers(["crm/\u{301}sales/caf\u{e9}.db"], name))
        #expect(NameSelection.covers(["crm/old\u{600}/"], DatabaseName("crm/old\u{600}/a.db")))
    }

    @Test func aScopeOfAnotherServerIsToldFromAfar() {
        #expect(!NameSelection.mayCover(["crm", "crm/a.db"], server: "main"))
        #expect(!NameSelection.mayCover(["cr"], server: "crm"))
    }
}
