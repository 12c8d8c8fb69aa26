import Model

/// What a backup has taken and not yet waited for.
///
/// Limits may change at any moment, also in the middle of a wait: what was taken is paid off at the rate in force.
package struct LoadPace: Sendable, Hashable {
    /// Time that was not made use of counts for later up to so much, so that uneven work reaches its limit.
    private static let credit = 0.01

    private var bytes = 0.0
    /// Seconds of one core.
    private var work = 0.0
    private var last: Duration

    /// - Parameter now: of any clock that only goes forward.
    package init(at now: Duration) { last = now }

    package mutating func take(bytes: Int, work: Duration) {
        self.bytes += Double(bytes)
        self.work += work / .seconds(1)
    }

    /// How long nothing more may be taken.
    package mutating func wait(at now: Duration, under limits: LoadLimits) -> Duration {
        let elapsed = max(0, (now - last) / .seconds(1))
        last = max(last, now)
        let waits = [
            Self.pay(&bytes, elapsed, rate: limits.read.map { Double($0.bytes) }),
            Self.pay(&work, elapsed, rate: limits.processor.map { Double($0) / 100 }),
        ]
        return .seconds(waits.max() ?? 0)
    }

    /// - Returns: seconds until nothing is owed.
    private static func pay(_ owed: inout Double, _ elapsed: Double, rate: Double?) -> Double {
        guard let rate, rate > 0 else {
            owed = 0
            return 0
        }
        owed = max(owed - rate * elapsed, -rate * credit)
        return max(0, owed / rate)
    }
}
