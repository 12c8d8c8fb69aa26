internal import Model

/// Readers of the small texts that settings use for times and amounts.
enum SettingText {
    /// `90s`, `10m`, `1h30m`, `2d`; nil for any other text, also for a number without a unit.
    static func duration(_ text: String) -> Duration? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        var rest = text[...]
        var seconds: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let number = Int64(digits), number < 1_000_000_000, let unit = rest.popFirst(),
                let factor = units[unit]
            else { return nil }
            seconds += number * factor
        }
        return text.isEmpty ? nil : .seconds(seconds)
    }

    /// The shortest text that `duration` reads as this.
    static func text(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        for (unit, factor) in [("d", 86_400 as Int64), ("h", 3600), ("m", 60)]
        where seconds > 0 && seconds % factor == 0 {
            return "\(seconds / factor)\(unit)"
        }
        return "\(seconds)s"
    }

    /// `0`, `1048576`, `64K`, `50M`, `1G`: bytes, with binary units.
    static func bytes(_ text: String) -> ByteCount? {
        let units: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let factor = text.last.flatMap { units[$0] }
        let digits = factor == nil ? text[...] : text.dropLast()
        guard !digits.isEmpty, digits.count < 12, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int64(digits)
        else { return nil }
        return ByteCount(number * (factor ?? 1))
    }

    /// `0%`, `50%`, `150%`.
    static func percent(_ text: String) -> Int? {
        let digits = text.dropLast()
        guard text.last == "%", (1...5).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int(digits), number <= 99_900
        else { return nil }
        return number
    }

    /// The text as a TOML string.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default:
                let hexadecimal = String(scalar.value, radix: 16)
                result +=
                    scalar.properties.generalCategory == .control
                    ? "\\u" + String(repeating: "0", count: 4 - min(4, hexadecimal.count)) + hexadecimal
                    : String(scalar)
            }
        }
        return result + "\""
    }
}
