import Model

/// Says in words what a jump of local clocks did to a local time. Local times are microseconds since 1970 as if at UTC.
struct ShiftReason {
    let zone: ZoneRules

    /// - Parameters:
    ///   - first, last: the local times that fell into the gap; they may be the same.
    ///   - span: begins where the gap ends.
    func gap(first: Int64, last: Int64, before span: OffsetSpan) -> Occurrence.Shift {
        let day = date(first)
        let times =
            first == last ? "\(time(first)) doesn't" : "\(time(first)) to \(time(last, unless: day)) don't"
        let from = zone.span(at: span.start - 1).localEnd
        let target = span.localStart
        return Occurrence.Shift(
            kind: .gap,
            reason: "\(times) exist on \(day) in \(zone.name) (clocks go from \(time(from, unless: day)) to "
                + "\(time(target, unless: day))); runs at \(time(target, unless: day))")
    }

    /// - Parameter span: begins where local clocks are set back.
    func overlap(_ local: Int64, before span: OffsetSpan) -> Occurrence.Shift {
        let day = date(local)
        let from = zone.span(at: span.start - 1).localEnd
        return Occurrence.Shift(
            kind: .overlap,
            reason: "\(time(local)) comes twice on \(day) in \(zone.name) (clocks go back from "
                + "\(time(from, unless: day)) to \(time(span.localStart, unless: day))); runs at the first")
    }

    private func date(_ local: Int64) -> String {
        let civil = CivilTime(Instant(microseconds: local))
        return "\(pad(civil.year, 4))-\(pad(civil.month, 2))-\(pad(civil.day, 2))"
    }

    /// `02:30`, with the date where it is another than `day`.
    private func time(_ local: Int64, unless day: String? = nil) -> String {
        let civil = CivilTime(Instant(microseconds: local))
        let clock =
            "\(pad(civil.hour, 2)):\(pad(civil.minute, 2))\(civil.second == 0 ? "" : ":" + pad(civil.second, 2))"
        guard let day, date(local) != day else { return clock }
        return "\(date(local)) \(clock)"
    }
}
