import Model
import Testing

/// Every code is met by a test somewhere, so that none stands in the table only.
@Suite struct CodesTriggeredTests {
    /// Codes that no test meets yet, one a line with the reason. Take a line out with the test that meets its code; never
    /// add one for a code that something says already.
    static let notYet: [Code: String] = [
        .backupSkipped: "nothing says it: a run that is skipped is told with the code of its reason",
        .repositoryCreated: "nothing says it: a repository is made without a daemon, which has no message center",
    ]

    @Test func everyCodeIsMetByATestOrListed() throws {
        let own = ["ModelTests/CodeTests.swift", "ModelTests/CodesTriggeredTests.swift", "ModelTests/TestTree.swift"]
        let met = try TestTree.tests().filter { !own.contains($0.path) }
            .reduce(into: Set<Code>()) { $0.formUnion(CodeMentions.codes(in: $1.text)) }
        let forgotten = Code.allCases.filter { !met.contains($0) && Self.notYet[$0] == nil }
        #expect(forgotten == [], "no test meets these codes: write one, or list them with the reason")
        let done = Code.allCases.filter { met.contains($0) && Self.notYet[$0] != nil }
        #expect(done == [], "a test meets these codes now: take them off the list")
    }

    @Test(arguments: [
        ("#expect(fault?.code == .drift)", true), ("#expect(codes == [\n    .backupStarted,\n    .drift,\n])", true),
        ("#expect(text.hasSuffix(\"[drift]\"))", true), ("(\"GET /v1/x\", 404, code: \"drift\")", true),
        ("try record(MessageDraft(.error, .drift, \"text\"))", false), ("throw Fault(.drift, \"text\")", false),
        ("#expect(throws: Fault(.drift, \"text\")) {}", true), ("// expect .drift", false),
        ("try say(MessageDraft(.error, .drift, \"x\"))\n#expect(codes == [.drift])", false),
        ("#expect(fault?.code == .driftFound)", false), ("let drift = Code.drift", false),
    ])
    func tellsAnExpectationFromAMention(text: String, isExpected: Bool) {
        #expect(CodeMentions.codes(in: text, of: [.drift]) == (isExpected ? [.drift] : []))
    }
}
