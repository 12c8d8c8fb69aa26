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

    @Test func aScopeOfAnotherServerIsToldFromAfar() {
        #expect(!NameSelection.mayCover(["crm", "crm/a.db"], server: "main"))
        #expect(!NameSelection.mayCover(["cr"], server: "crm"))
    }
}
