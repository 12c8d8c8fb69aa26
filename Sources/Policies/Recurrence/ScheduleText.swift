import Model

/// What somebody typed, so that a complaint can point at the place.
struct ScheduleText {
    /// A run of characters of the text.
    struct Word {
        var characters: ArraySlice<Character>

        var text: String { String(characters) }
        var lowercased: String { text.lowercased() }
        /// Where it stands in the text, counted from 0.
        var range: Range<Int> { characters.indices }
    }

    let text: String
    let characters: [Character]
    let words: [Word]

    init(_ text: String) {
        self.text = text
        let characters = Array(text)
        self.characters = characters
        words = characters.split(separator: " ").map { Word(characters: $0) }
    }

    static let examples = "write for example `Mon..Fri 23:00`, `*-*-01 02:30 Europe/Berlin`, `hourly` or `every 5m`"

    /// - Parameters:
    ///   - range: of what can't be read, in characters; an empty one stands for the character before it.
    ///   - reason: goes on after `cannot read "…"`.
    func fault(_ range: Range<Int>, _ reason: String, hint: String? = nil) -> Fault {
        let range = range.isEmpty ? max(0, range.lowerBound - 1)..<range.upperBound : range
        let part = String(characters[range])
        let place = part == text ? "\"\(part)\"" : "\"\(part)\" in \"\(text)\""
        return Fault(
            .badSchedule, "cannot read \(place): \(reason)", hint: hint ?? Self.examples, context: Self.place(range))
    }

    /// The same fault with the place that it is about.
    func placing(_ fault: Fault, at range: Range<Int>) -> Fault {
        var fault = fault
        fault.context.merge(Self.place(range)) { kept, _ in kept }
        return fault
    }

    /// The place as programs get it: the column counts from 1.
    private static func place(_ range: Range<Int>) -> [String: String] {
        ["column": String(range.lowerBound + 1), "length": String(range.count)]
    }
}
