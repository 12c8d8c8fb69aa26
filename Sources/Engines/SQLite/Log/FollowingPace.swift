import Platform

/// How soon to look at a followed log again: before a generation of it ends, as far as its speed tells.
///
/// Each wait is half of the time that is left, so that the end is met within a millisecond after few looks; a log at rest is
/// looked at twenty times a second, so that a burst of commits soon gets its checkpoint.
struct FollowingPace {
    /// Seconds.
    static let shortest = 0.001
    static let longest = 0.05
    /// Frames after which SQLite folds a log back unless told otherwise. Source: sqlite.org/c3ref/wal_autocheckpoint.html.
    static let usualLength: UInt32 = 1000

    /// Frames that the generations before had in the end.
    private var length = Self.usualLength
    /// Frames a second.
    private var rate = 0.0
    private var last: (frame: UInt32, time: Duration)?

    /// A generation ended after so many frames.
    mutating func ended(after frames: UInt32) {
        length = max(64, frames)
        last?.frame = 0
    }

    /// - Parameters:
    ///   - frame: the last one of the generation now.
    ///   - isFree: whether it may be started over at any moment.
    /// - Returns: how long to wait for the next look.
    mutating func wait(at frame: UInt32, now: Duration, isFree: Bool) -> Duration {
        if let last, now > last.time {
            let moved = frame >= last.frame ? frame - last.frame : frame
            // The faster of the two: better a look too many.
            rate = max(Double(moved) / ((now - last.time) / .seconds(1)), rate / 2)
        }
        last = (frame, now)
        let left = isFree ? Double(length) / 2 : max(Double(length) - Double(frame), Double(length) / 64)
        let seconds = rate > 0 ? left / rate / 2 : Self.longest
        return .seconds(min(max(seconds, Self.shortest), Self.longest))
    }
}
