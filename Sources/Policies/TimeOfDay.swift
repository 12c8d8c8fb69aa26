/// `HH:MM` or `HH:MM:SS` as people write it.
struct TimeOfDay {
    var hour: Int
    var minute: Int
    var second: Int

    /// Nil when it is not exactly that; hours may have one digit.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), (1...2).contains(parts[0].count),
            parts.dropFirst().allSatisfy({ $0.count == 2 }),
            parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } })
        else { return nil }
        let numbers = parts.compactMap { Int($0) }
        let second = numbers.count == 3 ? numbers[2] : 0
        guard numbers.count == parts.count, numbers[0] < 24, numbers[1] < 60, second < 60 else { return nil }
        (hour, minute, self.second) = (numbers[0], numbers[1], second)
    }

    static func text(_ hour: Int, _ minute: Int, _ second: Int) -> String {
        let parts = second == 0 ? [hour, minute] : [hour, minute, second]
        return parts.map { $0 < 10 ? "0\($0)" : String($0) }.joined(separator: ":")
    }
}
