package import Model

/// Why the wall clock isn't believed.
package enum ClockDoubt: Sendable, Hashable, Codable {
    /// Within a boot, against the clock that no one can set; negative: set back.
    case stepped(by: Duration)
    /// Over a reboot: so much earlier than possible.
    case earlierAfterBoot(by: Duration)
    /// Over a reboot: so much later than the machine can have been off.
    case laterAfterBoot(by: Duration)
    /// Before the newest known backup, or before any could have been made.
    case tooEarly(floor: Instant)
    case tooLate(ceiling: Instant)
}

/// What is known of the wall clock's course; what has to survive a restart.
package struct ClockState: Sendable, Hashable, Codable {
    /// Two believed readings, one and two days old at most, so that steps within a day add up.
    package var anchors: [ClockReading]
    /// The last one that was believed.
    package var believed: ClockReading?
    /// The last one of all.
    package var last: ClockReading?
    package var doubt: ClockDoubt?
    /// A newest backup that an admin's confirmation has overruled.
    package var waivedFloor: Instant?

    package init() { anchors = [] }
}

/// What a reading or an admin has brought about.
package enum ClockOrder: Sendable, Hashable {
    /// From now on nothing is deleted: `clock-in-doubt`.
    case doubted(ClockDoubt, wall: Instant)
    /// The wall clock was set, without more consequence: `clock-stepped`; negative: back.
    case stepped(by: Duration)
    /// The wall clock agrees again with its undisturbed course: `clock-stepped`.
    case agrees
    /// An admin has confirmed it: `clock-confirmed`.
    case confirmed(wall: Instant)
}
