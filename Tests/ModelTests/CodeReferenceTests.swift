import Foundation
import Model
import Testing

@Suite struct CodeReferenceTests {
    @Test(arguments: Code.allCases) func isExplainedInShortSentences(code: Code) {
        for text in [code.explanation.cause, code.explanation.nextStep] {
            #expect((8...170).contains(text.count), "\(text)")
            #expect(text.first?.isLowercase == false && text.last == ".", "\(text)")
            #expect(text.count { $0 == "`" }.isMultiple(of: 2), "\(text)")
            #expect(!text.contains("\n"))
        }
    }

    @Test func noTwoCodesShareACauseOrAJournalID() {
        #expect(Set(Code.allCases.map(\.explanation.cause)).count == Code.allCases.count)
        #expect(Set(Code.allCases.map(\.journalID)).count == Code.allCases.count)
    }

    /// Known answers, computed apart from this code: an id never changes.
    @Test(arguments: [
        (Code.backupFailed, "6cef42efe1bb8a42b096c44deef41a09"), (.daemonStarted, "03cf569721b08d0bad34fb94ba6e6473"),
    ])
    func journalIDsStay(code: Code, id: String) {
        #expect(code.journalID == id)
    }

    @Test func thePageIsCurrent() throws { try compare(CodeReference.page, "Sources/Messages/Messages.docc/Codes.md") }

    @Test func theJournalCatalogIsCurrent() throws {
        try compare(CodeReference.journalCatalog, "systemd/holdfast.catalog")
    }

    private func compare(_ text: String, _ path: String) throws {
        let file = TestTree.root.appending(path: path)
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
            Issue.record("goldens recorded; run again without RECORD_GOLDENS")
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }
}
