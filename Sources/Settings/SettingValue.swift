internal import Model
internal import Platform
internal import Policies

/// A checked value of a setting.
enum SettingValue: Sendable, Equatable {
    case text(String)
    case texts([String])
    case number(Int)
    case duration(Duration)
    case bytes(ByteCount)
    case percent(Int)
    case hours(NightSpan)
    /// A calendar expression.
    case recurrence(String)
    case off

    /// As written in TOML.
    var toml: String {
        switch self {
        case .text(let text): SettingText.quoted(text)
        case .texts(let texts): "[\(texts.map(SettingText.quoted).joined(separator: ", "))]"
        case .number(let number): String(number)
        case .duration(let duration): SettingText.quoted(SettingText.text(duration))
        case .bytes(let bytes): SettingText.quoted(String(bytes.bytes))
        case .percent(let percent): SettingText.quoted("\(percent)%")
        case .hours(let hours): SettingText.quoted("\(hours)")
        case .recurrence(let text): SettingText.quoted(text)
        case .off: SettingText.quoted("off")
        }
    }
}

extension SettingRule.Kind {
    /// The value, or what is wrong with it as the end of a sentence that starts with the key.
    func check(_ raw: RawValue) -> Result<SettingValue, Complaint> {
        switch (self, raw) {
        case (.text, .text(let text)):
            return text.isEmpty ? .failure("is empty") : .success(.text(text))
        case (.path, .text(let text)):
            return Self.pathComplaint(text).map { .failure($0) } ?? .success(.text(Self.tidy(text)))
        case (.pathOrNone, .text(let text)):
            return text.isEmpty ? .success(.text("")) : Self.path.check(raw)
        case (.paths, .texts(let texts)):
            return texts.lazy.compactMap(Self.pathComplaint).first.map { .failure($0) }
                ?? .success(.texts(texts.map(Self.tidy)))
        case (.texts, .texts(let texts)):
            return texts.contains("") ? .failure("holds an empty text") : .success(.texts(texts))
        case (.number(let range), .number(let number)):
            return range.contains(number)
                ? .success(.number(number))
                : .failure("must be \(range.lowerBound) to \(range.upperBound), not \(number)")
        case (.choice(let choices), .text(let text)):
            return choices.contains(text)
                ? .success(.text(text)) : .failure("must be \(Self.either(choices)), not \(SettingText.quoted(text))")
        case (.duration(let range, let canBeOff), .text(let text)):
            return Self.duration(text, range, canBeOff)
        case (.bytes, .text(let text)):
            return SettingText.bytes(text).map { .success(.bytes($0)) }
                ?? .failure("must be a number of bytes such as \"50M\", not \(SettingText.quoted(text))")
        case (.bytes, .number(let number)) where number >= 0:
            return .success(.bytes(ByteCount(number)))
        case (.percent, .text(let text)):
            return SettingText.percent(text).map { .success(.percent($0)) }
                ?? .failure("must be \"0%\" to \"99900%\" of one core, not \(SettingText.quoted(text))")
        case (.recurrence, .text("off")), (.hours, .text("off")):
            return .success(.off)
        case (.hours, .text(let text)):
            return NightSpan(text).map { .success(.hours($0)) }
                ?? .failure("must be hours such as \"22:00-06:00\", or \"off\", not \(SettingText.quoted(text))")
        case (.recurrence, .text(let text)):
            return Self.recurrence(text)
        case (.timeZone, .text(let text)):
            return text == "UTC" || ZoneFiles.exists(text)
                ? .success(.text(text)) : .failure("names no zone of this system: \(SettingText.quoted(text))")
        default:
            return .failure("must be \(expectation), not \(raw.kind)")
        }
    }

    private static func recurrence(_ text: String) -> Result<SettingValue, Complaint> {
        do {
            _ = try Recurrence(text, zone: .utc, zoneNamed: ZoneRules.named)
            return .success(.recurrence(text))
        } catch {
            return .failure("must be a calendar expression such as \"*-*-* 23:00\", or \"off\": \(error.message)")
        }
    }

    private static func duration(
        _ text: String, _ range: ClosedRange<Int64>, _ canBeOff: Bool
    ) -> Result<SettingValue, Complaint> {
        if canBeOff, text == "off" { return .success(.off) }
        let bounds = [range.lowerBound, range.upperBound].map { SettingText.text(.seconds($0)) }
        guard let duration = SettingText.duration(text), range.contains(duration.components.seconds) else {
            let off = canBeOff ? ", or \"off\"" : ""
            return .failure("must be \(bounds[0]) to \(bounds[1])\(off), not \(SettingText.quoted(text))")
        }
        return .success(.duration(duration))
    }

    private static func pathComplaint(_ path: String) -> Complaint? {
        guard path.begins(with: "/") else { return "must be an absolute path, not \(SettingText.quoted(path))" }
        return path.parts(between: ["/"]).contains("..") ? "must not hold `..`: \(SettingText.quoted(path))" : nil
    }

    /// Without a slash at the end.
    private static func tidy(_ path: String) -> String {
        guard path.utf8.count > 1, path.ends(with: "/") else { return path }
        return tidy(String(path[..<path.utf8.index(before: path.endIndex)]))
    }

    private static func either(_ choices: [String]) -> String {
        choices.map(SettingText.quoted).joined(separator: " or ")
    }

    private var expectation: String {
        switch self {
        case .text, .path, .pathOrNone, .choice, .recurrence, .timeZone: "a text"
        case .paths, .texts: "a list of texts"
        case .number: "a whole number"
        case .duration: "a text such as \"10m\""
        case .bytes: "a number of bytes such as \"50M\""
        case .percent: "a text such as \"50%\""
        case .hours: "a text such as \"22:00-06:00\""
        }
    }
}

/// What is wrong with a value.
struct Complaint: Error, ExpressibleByStringInterpolation {
    let text: String

    init(stringLiteral value: String) { text = value }
}
