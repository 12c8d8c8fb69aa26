extension SettingRule.Kind {
    /// What may be written, for the reference.
    var words: String {
        switch self {
        case .text: "text"
        case .path: "absolute path"
        case .paths: "list of absolute paths"
        case .texts: "list of texts"
        case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .duration(let range, let canBeOff):
            "`\"\(SettingText.text(.seconds(range.lowerBound)))\"` to `\"\(SettingText.text(.seconds(range.upperBound)))\"`"
                + (canBeOff ? ", `\"off\"`" : "")
        case .bytes: "bytes"
        case .percent: "percent of one core"
        case .hours: "hours, `\"off\"`"
        case .choice(let choices): choices.map { "`\"\($0)\"`" }.joined(separator: ", ")
        case .recurrence: "calendar expression, `\"off\"`"
        case .timeZone: "IANA zone"
        }
    }
}
