import Model

extension Recurrence {
    /// The usual distance of two occurrences: the median of a sample, jumps of local clocks left aside. Nil when there
    /// are fewer than two.
    package var period: Duration? {
        switch rule {
        case .every(let step): return .microseconds(step)
        case .once: return nil
        case .calendar(let expression):
            // From a year that isn't the first, so that the sample begins like any other.
            let year2001: Int64 = 978_307_200_000_000
            let sample = Self.sample(expression, from: year2001)
            let distances = zip(sample, sample.dropFirst()).map { $1 - $0 }.sorted()
            return distances.isEmpty ? nil : .microseconds(distances[distances.count / 2])
        }
    }

    private static func sample(_ expression: CalendarExpression, from start: Int64) -> [Int64] {
        func locals(from start: Int64) -> [Int64] {
            var locals: [Int64] = []
            var from = start
            while locals.count < 32, let local = expression.next(from: from) {
                locals.append(local)
                from = local + 1
            }
            return locals
        }
        let usual = locals(from: start)
        return usual.count > 1 ? usual : locals(from: 0)
    }
}

extension Recurrence: CustomStringConvertible {}
