package import Model

/// A planned instant of a schedule.
package struct Occurrence: Sendable, Hashable {
    /// Why an occurrence is not at the local time that its schedule names, or at which of two.
    package struct Shift: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable, Codable {
            /// Local clocks never showed the time: the first instant after the gap stands for it.
            case gap
            /// Local clocks show the time twice: the first of the two instants counts.
            case overlap
        }

        package var kind: Kind
        /// For people.
        package var reason: String

        package init(kind: Kind, reason: String) {
            self.kind = kind
            self.reason = reason
        }
    }

    /// When it runs, spread included.
    package var instant: Instant
    /// When it would run without spread.
    package var planned: Instant
    /// Nil where local clocks run evenly.
    package var shift: Shift?

    package init(instant: Instant, planned: Instant, shift: Shift? = nil) {
        self.instant = instant
        self.planned = planned
        self.shift = shift
    }
}
