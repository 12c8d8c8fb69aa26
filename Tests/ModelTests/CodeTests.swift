import Model
import Testing

@Suite struct CodeTests {
    @Test func noTwoCodesShareAText() {
        #expect(Set(Code.allCases.map(\.rawValue)).count == Code.allCases.count)
    }

    @Test(arguments: Code.allCases)
    func isLowerCaseWordsWithHyphens(code: Code) {
        let words = code.rawValue.split(separator: "-", omittingEmptySubsequences: false)
        #expect(words.allSatisfy { !$0.isEmpty && $0.allSatisfy { ("a"..."z").contains($0) } })
    }

    /// The numbers that CLI.md promises to scripts.
    @Test(arguments: [
        (Code.wrongUsage, Int32(2)), (.repositoryMissing, 10), (.busy, 11), (.repositoryInUse, 11), (.noKeyMatches, 12),
        (.notPermitted, 13), (.inCooldown, 14), (.notFound, 16), (.repositoryDamaged, 17), (.packDamaged, 17),
        (.verifyFailed, 17), (.daemonUnreachable, 69), (.badSettings, 78), (.interrupted, 130), (.backupFailed, 1),
        (.internalError, 1),
    ])
    func exitStatusIsAsPromised(code: Code, status: Int32) {
        #expect(code.exitStatus == status)
    }

    @Test(arguments: Code.allCases)
    func noFaultLooksLikeSuccess(code: Code) {
        #expect([1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 69, 78, 130].contains(code.exitStatus))
        #expect((400...599).contains(code.httpStatus))
    }

    @Test func cooldownIsTooManyRequests() {
        #expect(Code.inCooldown.httpStatus == 429)
    }

    @Test func verifyLevelsAreOrderedByDepth() {
        #expect(VerifyLevel.stored < .pages)
        #expect(VerifyLevel.pages < .restore)
        #expect(VerifyLevel.allCases.sorted() == [.stored, .pages, .restore])
    }

    @Test func wordsOfRecordsStay() {
        #expect(BackupKind.allCases.map(\.rawValue) == ["full", "progressive"])
        #expect(BackupOrigin.allCases.map(\.rawValue) == ["scheduled", "on-demand", "maintenance"])
        #expect(Compression.allCases.map(\.rawValue) == ["fast", "small", "off"])
        #expect(Severity.allCases.map(\.rawValue) == ["info", "success", "warning", "error"])
    }
}
