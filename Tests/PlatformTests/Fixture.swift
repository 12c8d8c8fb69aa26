import Glibc
import Model
import Platform
import Testing

/// Gives every test a folder of its own, `Fixture.folder`, and removes it afterwards, also when the test fails.
struct Fixture: TestTrait, SuiteTrait, TestScoping {
    let isRecursive = true
    @TaskLocal static var folder = "/nonexistent"

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        var template = Array("/tmp/holdfast-platform-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemCall.fault(errno, "make", "a folder for the test") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? Files.removeTree(folder) }
        try await Self.$folder.withValue(folder) { try await function() }
    }
}

extension SuiteTrait where Self == Fixture {
    static var folder: Fixture { Fixture() }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ path: String) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }

/// A file with the content, not durable.
@discardableResult
func put(_ content: [UInt8], _ path: String, mode: UInt32 = 0o600) throws -> File {
    let file = try File.create(path, mode: mode)
    try content.withUnsafeBytes { try file.write($0, at: 0) }
    return file
}

/// The fault that `body` throws; nil when it throws none.
func fault(_ body: () throws -> Void) -> Fault? {
    do {
        try body()
        return nil
    } catch {
        return Fault.wrapping(error)
    }
}
