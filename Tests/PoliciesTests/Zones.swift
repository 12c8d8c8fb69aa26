import Model
import Policies

/// Zones as tables of their changes, so that no test depends on the machine's time zone data.
enum Zones {
    static let utc: ZoneOffset = { _ in 0 }
    /// Gap 2026-03-29 02:00–03:00, overlap 2026-10-25 02:00–03:00.
    static let berlin = zone(3600, ("2026-03-29T01:00:00Z", 7200), ("2026-10-25T01:00:00Z", 3600))
    /// Gap at midnight, 2026-04-24 00:00–01:00.
    static let cairo = zone(7200, ("2026-04-23T22:00:00Z", 10_800), ("2026-10-29T21:00:00Z", 7200))
    /// Half an hour: overlap 2026-04-05 01:30–02:00, gap 2026-10-04 02:00–02:30.
    static let lordHowe = zone(39_600, ("2026-04-04T15:00:00Z", 37_800), ("2026-10-03T15:30:00Z", 39_600))
    /// 30 December 2011 never happened.
    static let apia = zone(-36_000, ("2011-12-30T10:00:00Z", 50_400))

    private static func zone(_ first: Int, _ changes: (String, Int)...) -> ZoneOffset {
        let table = changes.map { (at: time($0.0), offset: $0.1) }
        return { instant in table.last { $0.at <= instant }?.offset ?? first }
    }
}

/// The instant of an RFC 3339 text with whole seconds.
func time(_ text: String) -> Instant {
    guard let instant = Instant(rfc3339: text) else { preconditionFailure("not a time: \(text)") }
    return instant
}
