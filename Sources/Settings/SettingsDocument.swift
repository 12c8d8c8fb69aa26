internal import TOMLKit

/// A value as a settings file has it.
enum RawValue: Sendable, Equatable {
    case text(String)
    case texts([String])
    case number(Int)
    case flag(Bool)
    /// Anything that no setting takes, by the name of its kind.
    case other(String)

    var kind: String {
        switch self {
        case .text: "a text"
        case .texts: "a list of texts"
        case .number: "a whole number"
        case .flag: "true or false"
        case .other(let kind): kind
        }
    }
}

/// One settings file, read but not yet checked.
struct SettingsDocument {
    struct Entry {
        let path: [String]
        let value: RawValue
        let line: Int?
    }

    let file: String
    private(set) var entries: [Entry] = []
    /// Tables that the file names, also empty ones.
    private(set) var tables: [(path: [String], line: Int?)] = []

    /// - Throws: `SettingsProblem` when the text is not TOML.
    init(file: String, text: String) throws(SettingsProblem) {
        self.file = file
        let root: TOMLTable
        do {
            root = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw SettingsProblem(file: file, line: error.source.begin.line, message: "not TOML: \(error.description)")
        } catch {
            throw SettingsProblem(file: file, line: nil, message: "not TOML")
        }
        collect(root, at: [], lines: SettingLines(text))
        entries.sort { ($0.line ?? 0) < ($1.line ?? 0) }
    }

    private mutating func collect(_ table: TOMLTable, at path: [String], lines: SettingLines) {
        for key in table.keys.sorted() {
            guard let value = table[key]?.tomlValue else { continue }
            let place = path + [key]
            if let inner = value.table {
                tables.append((place, lines.line(of: place)))
                collect(inner, at: place, lines: lines)
            } else {
                entries.append(Entry(path: place, value: Self.raw(value), line: lines.line(of: place)))
            }
        }
    }

    private static func raw(_ value: TOMLValue) -> RawValue {
        switch value.type {
        case .string: return value.string.map { .text($0) } ?? .other("a text")
        case .int: return value.int.map { .number($0) } ?? .other("a whole number")
        case .bool: return value.bool.map { .flag($0) } ?? .other("true or false")
        case .double: return .other("a number with a fraction")
        case .date, .time, .dateTime: return .other("a date or time")
        case .table: return .other("a table")
        case .array:
            let texts = value.array?.map { $0.tomlValue.type == .string ? $0.tomlValue.string : nil } ?? []
            let known = texts.compactMap { $0 }
            return known.count == texts.count ? .texts(known) : .other("a list of other things than texts")
        }
    }
}
