import Model

/// The pause after a successful on-demand backup before the same database may be backed up on demand again.
package struct Cooldown: Sendable, Hashable {
    package var length: Duration

    package init(length: Duration = .seconds(600)) { self.length = length }

    /// How long the pause still lasts; nil when there is none.
    ///
    /// Within a boot only the boot clock counts. Over a reboot wall time counts, but never less than the time since the
    /// new boot: a wall clock that was set back neither starts the pause anew nor holds it for ever.
    ///
    /// - Parameter end: the end of the last successful on-demand backup.
    /// - Returns: more than zero, at most `length`.
    package func remaining(since end: ClockReading?, now: ClockReading) -> Duration? {
        guard let end else { return nil }
        let remaining = min(length, length - elapsed(since: end, now: now))
        return remaining > .zero ? remaining : nil
    }

    private func elapsed(since end: ClockReading, now: ClockReading) -> Duration {
        if end.bootID == now.bootID { return now.sinceBoot - end.sinceBoot }
        return max(now.wall - end.wall, now.sinceBoot)
    }
}
