package import Model

/// When something is due, again and again: a fixed set of instants, spread included.
///
/// Pure: no clock, no state. A changed zone makes a new beat.
package protocol Beat: Sendable {
    /// The first instant of the set after `instant`; nil when none follows.
    func next(after instant: Instant) -> Instant?
    /// The last instant of the set before `instant`; nil when none precedes.
    func previous(before instant: Instant) -> Instant?
    /// The usual time between two; nil when there is none, as for `once`.
    var period: Duration? { get }
    /// Whether it counts elapsed time. It then starts again from now when the clock was set back by a period or more.
    var isInterval: Bool { get }
}
