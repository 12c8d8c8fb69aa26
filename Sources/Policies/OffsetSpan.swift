/// A stretch of time in which local clocks run without a jump.
package struct OffsetSpan: Sendable, Hashable {
    /// Seconds since 1970: the first of the stretch, or `distantPast`.
    package var start: Int64
    /// Seconds since 1970: the first after the stretch, or `distantFuture`.
    package var end: Int64
    /// Seconds that local clocks are east of UTC.
    package var offset: Int

    /// Stand for the ends of time, far enough inside the range of microseconds that sums don't overflow.
    static let distantPast: Int64 = -(1 << 42)
    static let distantFuture: Int64 = 1 << 42
    /// Seconds that no two offsets differ by, with room to spare: zones reach from −25 to +26 hours.
    static let reach: Int64 = 3 * 86_400

    /// Microseconds since 1970 of the first instant.
    var startMicroseconds: Int64 { start * 1_000_000 }
    var endMicroseconds: Int64 { end * 1_000_000 }
    var offsetMicroseconds: Int64 { Int64(offset) * 1_000_000 }
    /// What local clocks show at the start, in microseconds since 1970 as if read at UTC.
    var localStart: Int64 { startMicroseconds + offsetMicroseconds }
    /// What local clocks would show at the end if they didn't jump.
    var localEnd: Int64 { endMicroseconds + offsetMicroseconds }
}
