/// The end of what a program printed, whatever the length of the whole.
struct OutputTail: Sendable {
    private let limit: Int
    private var bytes: [UInt8] = []
    private var hasLostSome = false

    /// - Parameter limit: bytes kept.
    init(limit: Int) { self.limit = limit }

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes += more.suffix(limit)
        guard bytes.count > limit else { return }
        bytes.removeFirst(bytes.count - limit)
        hasLostSome = true
    }

    /// One line that harms no terminal: line breaks are ` / `, other control characters `�`; `…` stands for a lost start.
    var text: String {
        // What was cut through the middle of a character begins with continuation bytes.
        let whole = hasLostSome ? bytes.drop { $0 & 0xC0 == 0x80 } : bytes[...]
        let lines = String(decoding: whole, as: UTF8.self).split(whereSeparator: \.isNewline)
        return (hasLostSome ? "…" : "") + lines.map(SafeText.oneLine).joined(separator: " / ")
    }
}

/// Text from outside, made safe to show.
package enum SafeText {
    /// Without control and formatting characters, which could move the cursor or turn text around.
    package static func oneLine(_ text: some StringProtocol) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where scalar == "\t": result.append(" ")
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
                result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
