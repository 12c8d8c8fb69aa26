/// One element of a field's list: `5`, `1..5`, `0/15` or `8..18/2`.
struct CalendarComponent: Sendable, Hashable {
    var start: Int
    /// The last value; nil for a single value, and for a repetition without end.
    var stop: Int?
    /// From one value to the next; 0 for a single value.
    var step: Int

    /// The first value from `value` on, up to `limit`.
    func next(from value: Int, limit: Int) -> Int? {
        guard value > start else { return start }
        guard step > 0 else { return nil }
        let next = start + (value - start + step - 1) / step * step
        return next <= min(stop ?? limit, limit) ? next : nil
    }

    /// The last value up to `value`.
    func previous(upTo value: Int) -> Int? {
        guard value >= start else { return nil }
        guard step > 0 else { return start }
        let last = min(value, stop ?? value)
        return start + (last - start) / step * step
    }

    /// A bit for every value up to `limit`, which is below 64.
    func bits(limit: Int) -> UInt64 {
        guard step > 0 else { return 1 << UInt64(start) }
        return stride(from: start, through: min(stop ?? limit, limit), by: step).reduce(0) { $0 | 1 << UInt64($1) }
    }
}

extension [CalendarComponent] {
    func next(from value: Int, limit: Int) -> Int? {
        var best: Int?
        for component in self {
            guard let next = component.next(from: value, limit: limit), next <= limit else { continue }
            if best.map({ next < $0 }) ?? true { best = next }
        }
        return best
    }

    func previous(upTo value: Int) -> Int? {
        var best: Int?
        for component in self {
            guard let previous = component.previous(upTo: value) else { continue }
            if best.map({ previous > $0 }) ?? true { best = previous }
        }
        return best
    }

    func bits(limit: Int) -> UInt64 { reduce(0) { $0 | $1.bits(limit: limit) } }
}
