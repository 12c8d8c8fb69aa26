package import Model

/// Rate and remaining time of work, from how far it was when.
///
/// Pure: the caller passes the time, of a clock that nobody sets. The rate is that of the last ten seconds.
package struct ProgressMeter: Sendable {
    package private(set) var done: ByteCount = .zero
    package var total: ByteCount?
    private var samples: [(at: Duration, done: Int64)]
    private let window = Duration.seconds(10)
    private let spacing = Duration.milliseconds(200)

    package init(total: ByteCount? = nil, startedAt: Duration) {
        self.total = total
        samples = [(startedAt, 0)]
    }

    package mutating func advance(to done: ByteCount, at now: Duration) {
        self.done = done
        if let last = samples.last, samples.count > 1, now - last.at < spacing { samples.removeLast() }
        samples.append((now, done.bytes))
        while samples.count > 2, now - samples[1].at >= window { samples.removeFirst() }
    }

    /// Bytes a second; 0 while unknown.
    package var rate: Double {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return 0 }
        return max(0, Double(last.done - first.done) / (last.at - first.at).inSeconds)
    }

    /// From 0 to 1; nil while the total is unknown.
    package var fraction: Double? {
        guard let total else { return nil }
        return total.bytes > 0 ? min(1, max(0, Double(done.bytes) / Double(total.bytes))) : 1
    }

    /// Nil while nobody can tell.
    package var remaining: Duration? {
        guard let total else { return nil }
        let left = total.bytes - done.bytes
        if left <= 0 { return .zero }
        let seconds = rate > 0 ? Double(left) / rate : .infinity
        return seconds < 1e8 ? .milliseconds(Int64(seconds * 1000)) : nil
    }
}
