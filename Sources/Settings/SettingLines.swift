internal import Model

/// The lines on which a TOML text first names its keys and tables.
///
/// Good enough for messages: a line inside a multi-line text that looks like a key counts as one.
struct SettingLines {
    private var lines: [[String]: Int] = [:]

    init(_ text: String) {
        var table: [String] = []
        for (index, line) in text.parts(between: ["\n"], keepingEmpty: true).enumerated() {
            let content = line.drop { $0 == " " || $0 == "\t" }
            if content.first == "[" {
                table = Self.path(content.drop { $0 == "[" })
                note(table, index + 1)
            } else if content.first != "#", content.contains("=") {
                let path = Self.path(content)
                if !path.isEmpty { note(table + path, index + 1) }
            }
        }
    }

    func line(of path: [String]) -> Int? { lines[path] }

    private mutating func note(_ path: [String], _ line: Int) {
        for count in 1...max(1, path.count) where count <= path.count {
            let part = Array(path.prefix(count))
            if lines[part] == nil { lines[part] = line }
        }
    }

    /// The steps of a dotted key at the start of `text`, quotes taken off.
    private static func path(_ text: Substring) -> [String] {
        var steps: [String] = []
        var step = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { step.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "." {
                steps.append(step)
                step = ""
            } else if character == "=" || character == "]" {
                break
            } else if character != " ", character != "\t" {
                step.append(character)
            }
        }
        return steps + [step]
    }
}
