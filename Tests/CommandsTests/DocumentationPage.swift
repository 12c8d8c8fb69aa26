import Foundation

/// A page of the documentation as its readers use it: commands to type and links to follow.
struct DocumentationPage {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    /// Below the root.
    let path: String
    let text: String

    /// README.md and every article.
    static func all() throws -> [DocumentationPage] {
        let sources = root.appending(path: "Sources")
        let articles = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
            .filter { $0.hasSuffix(".md") }.map { "Sources/\($0)" }
        return try (["README.md"] + articles.sorted()).map {
            DocumentationPage(path: $0, text: try String(contentsOf: root.appending(path: $0), encoding: .utf8))
        }
    }

    /// Lines of code blocks, a line that goes on after a backslash as one; and what stands between them, for people.
    private var parts: (code: [String], prose: String) {
        var (code, prose, isCode, goesOn) = ([String](), "", false, false)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.trimmingPrefix(while: \.isWhitespace).hasPrefix("```") {
                isCode.toggle()
            } else if !isCode {
                prose += "\(line)\n"
            } else {
                if goesOn { code[code.count - 1] += line } else { code.append(String(line)) }
                goesOn = line.hasSuffix("\\")
                if goesOn { code[code.count - 1].removeLast() }
            }
        }
        return (code, prose)
    }

    /// The arguments of every command line of `holdfast`, in blocks and in the text.
    var commands: [[String]] {
        let (code, prose) = parts
        let inText = prose.matches(of: #/`([^`]+)`/#).map { String($0.1.replacing("\n", with: " ")) }
        return (code + inText).flatMap(ShellLine.commands).compactMap { words in
            let words = words.trimmingPrefix(["$"]).trimmingPrefix(["sudo"])
            return words.first == "holdfast" && words.count > 1 ? words.dropFirst().map(Self.sample) : nil
        }
    }

    /// What somebody would type in the place of a word that stands for something.
    private static func sample(_ word: String) -> String {
        ["ID": "3fa91c07b2d4-42", "N": "7", "CODE": "backup-failed"][word] ?? word
    }

    /// Targets of links and pictures.
    var links: [String] {
        parts.prose.replacing(#/`[^`]*`/#, with: "").matches(of: #/\]\(([^)\s]+)\)/#).map { String($0.1) }
    }

    /// What a link can lead to behind `#`.
    var anchors: Set<String> {
        Set(
            parts.prose.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
                heading.drop { $0 == "#" }.trimmingPrefix(" ").lowercased().replacing(" ", with: "-")
                    .filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            })
    }
}

/// A line of a shell, as far as documentation uses one.
enum ShellLine {
    /// The words of each command. Quotes hold words together, operators part commands, `#` begins a comment.
    static func commands(_ line: some StringProtocol) -> [[String]] {
        var (commands, word, quote) = ([[String]()], String?.none, Character?.none)
        func end(_ isLast: Bool) {
            if let ended = word { commands[commands.count - 1].append(ended) }
            word = nil
            if isLast { commands.append([]) }
        }
        for letter in line {
            switch (quote, letter) {
            case (let open?, _) where open == letter: quote = nil
            case (.some, _): word = (word ?? "") + String(letter)
            case (nil, "\""), (nil, "'"): (quote, word) = (letter, word ?? "")
            case (nil, "#") where word == nil:
                end(true)
                return commands.filter { !$0.isEmpty }
            case (nil, " "), (nil, "\t"): end(false)
            case (nil, "&"), (nil, "|"), (nil, ";"), (nil, ">"), (nil, "<"): end(true)
            default: word = (word ?? "") + String(letter)
            }
        }
        end(true)
        return commands.filter { !$0.isEmpty }
    }
}
