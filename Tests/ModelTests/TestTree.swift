import Foundation
import Model
import Testing

/// The repository's own files, as tests see them.
enum TestTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL

    /// Paths below the root and texts of all tests.
    static func tests() throws -> [(path: String, text: String)] {
        let folder = root.appending(path: "Tests").resolvingSymlinksInPath()
        let paths = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
        return try paths.map {
            ("\($0.path.dropFirst(folder.path.count + 1))", try String(contentsOf: $0, encoding: .utf8))
        }
    }
}

/// Which codes a test expects to meet, as told by its source.
///
/// A code counts where its name or text stands in an expectation, or within a few lines of one. It doesn't where the same
/// test makes a fault or a message with it: then the test meets what it made itself.
struct CodeMentions {
    /// Lines above that may open the expectation.
    private static let reach = 4
    private static let openers = ["expect", "require", ".code", "code:", "codes", "until(", "eventually(", "case ."]

    static func codes(in text: String, of all: [Code] = Code.allCases) -> Set<Code> {
        text.split(separator: "@Test").reduce(into: []) { $0.formUnion(codes(inTest: String($1), of: all)) }
    }

    private static func codes(inTest text: String, of all: [Code]) -> Set<Code> {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.range(of: "//").map { String(line[..<$0.lowerBound]) } ?? String(line)
        }
        let expectations = lines.indices.filter { number in
            lines[max(0, number - reach)...number].contains { line in openers.contains { line.contains($0) } }
        }
        let made = made(in: text)
        return Set(
            all.filter { code in
                !made.contains("\(code)") && expectations.contains { mentions(code, lines[$0]) }
            })
    }

    /// The names of codes that faults and messages are made with, other than `throws: Fault(…)`.
    private static func made(in text: String) -> Set<String> {
        let expected = text.replacing("throws: Fault(", with: "throws: (")
        let makers = #/(?:Fault\(\s*|(?:MessageDraft|Finding)\([^()]*?)\.(\w+)\s*,\s*(?:\.(\w+)\s*,)?/#
        return Set(expected.matches(of: makers).flatMap { [String($0.1)] + ($0.2.map { [String($0)] } ?? []) })
    }

    private static func mentions(_ code: Code, _ line: String) -> Bool {
        line.contains("\"\(code.rawValue)\"") || line.contains("[\(code.rawValue)]")
            || line.ranges(of: ".\(code)").contains { range in
                line[range.upperBound...].first.map { !($0.isLetter || $0.isNumber || $0 == "(") } ?? true
            }
    }
}
