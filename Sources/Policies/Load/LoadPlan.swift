package import Model

/// Which limits are in force when.
package struct LoadPlan: Sendable, Hashable {
    package var day: LoadLimits
    /// In force during `hours` only.
    package var night: LoadLimits
    /// Nil is day all the time.
    package var hours: NightSpan?

    package init(day: LoadLimits = .none, night: LoadLimits = .none, hours: NightSpan? = nil) {
        self.day = day
        self.night = night
        self.hours = hours
    }

    package func limits(at instant: Instant, zone: ZoneOffset) -> LoadLimits {
        hours?.contains(instant, zone: zone) ?? false ? night : day
    }
}
