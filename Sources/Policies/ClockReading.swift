package import Model

/// One moment as both clocks show it: time since boot, which no one can set, and wall time, which outlives a boot.
package struct ClockReading: Sendable, Hashable, Codable {
    /// Time since the boot named by `bootID`, suspension included (CLOCK_BOOTTIME).
    package var sinceBoot: Duration
    package var bootID: String
    package var wall: Instant

    package init(sinceBoot: Duration, bootID: String, wall: Instant) {
        self.sinceBoot = sinceBoot
        self.bootID = bootID
        self.wall = wall
    }
}
