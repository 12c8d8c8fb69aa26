/// A time of day at which something happens every day: `*-*-* 23:00`.
package struct DailyTime: Sendable, Hashable, CustomStringConvertible {
    package let hour: Int
    package let minute: Int
    package let second: Int

    /// Reads `*-*-* HH:MM[:SS]`, `HH:MM[:SS]` or `daily`; nil for any other text.
    package init?(_ text: String) {
        let text = text == "daily" ? "00:00" : text
        let time = text.hasPrefix("*-*-* ") ? text.dropFirst(6) : text[...]
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.map { $0.count == 2 && $0.allSatisfy(\.isASCII) ? Int($0) : nil }
        guard numbers.count == 2 || numbers.count == 3, let hour = numbers[0], let minute = numbers[1],
            let second = numbers.count == 3 ? numbers[2] : 0,
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        self.init(hour: hour, minute: minute, second: second)
    }

    private init(hour: Int, minute: Int, second: Int) {
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    package var description: String {
        let digits = (second == 0 ? [hour, minute] : [hour, minute, second]).map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "*-*-* \(digits.joined(separator: ":"))"
    }
}
