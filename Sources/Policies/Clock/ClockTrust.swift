package import Model

/// Whether the wall clock can be believed enough to delete by it: readings in, orders out.
///
/// - Within a boot the wall clock may differ from the boot clock's course by an hour, against readings that are up to two
///   days old: steps that add up to more within a day are found, also when each is small.
/// - Over a reboot it may not be earlier than the last believed reading and the time since the boot allow, by an hour, nor
///   later by more than 30 days.
/// - It is never believed before the newest known backup less an hour, before 2020 or from 2100 on.
/// - Doubt lasts until an admin confirms the clock, or until it agrees again with the last believed course. A
///   confirmation stands for what was wrong at that moment, not for what comes.
package struct ClockTrust: Sendable, Hashable {
    package static let tolerance = Duration.seconds(3600)
    package static let longestOff = Duration.seconds(30 * 86_400)
    /// 2020-01-01: clocks that have lost their time show earlier years.
    package static let earliest = Instant(seconds: 1_577_836_800)
    /// 2100-01-01.
    package static let latest = Instant(seconds: 4_102_444_800)
    /// Smaller steps are no news.
    package static let noticeableStep = Duration.seconds(60)

    package private(set) var state: ClockState

    package init(_ state: ClockState = ClockState()) { self.state = state }

    package var isTrusted: Bool { state.doubt == nil }

    /// Takes note of a reading.
    ///
    /// - Parameter newestBackup: the instant of the newest known backup of all units.
    package mutating func observe(_ now: ClockReading, newestBackup: Instant?) -> ClockOrder? {
        let step = stepSinceLast(now)
        state.last = now
        if let doubt = doubt(of: now, newestBackup: newestBackup) {
            let wasTrusted = isTrusted
            state.doubt = doubt
            return wasTrusted ? .doubted(doubt, wall: now.wall) : step.map { .stepped(by: $0) }
        }
        let wasTrusted = isTrusted
        state.doubt = nil
        believe(now)
        return wasTrusted ? step.map { .stepped(by: $0) } : .agrees
    }

    /// An admin says that the wall clock is right as it is now.
    ///
    /// - Returns: nil when there was no doubt.
    /// - Throws: `clock-in-doubt` for a time that can't be right, whoever says so.
    package mutating func confirm(at now: ClockReading, newestBackup: Instant?) throws(Fault) -> ClockOrder? {
        guard (Self.earliest..<Self.latest).contains(now.wall) else {
            throw Fault(
                .clockInDoubt, "the clock shows \(now.wall.rfc3339()), which can't be right",
                hint: "set the clock, then try again")
        }
        guard !isTrusted || doubt(of: now, newestBackup: newestBackup) != nil else { return nil }
        state = ClockState()
        state.last = now
        state.waivedFloor = newestBackup.flatMap { now.wall < $0 - Self.tolerance ? $0 : nil }
        believe(now)
        return .confirmed(wall: now.wall)
    }

    private mutating func believe(_ now: ClockReading) {
        state.believed = now
        if state.anchors.first?.bootID != now.bootID {
            state.anchors = [now]
        } else if let newest = state.anchors.last, now.sinceBoot - newest.sinceBoot >= .seconds(86_400) {
            state.anchors = [newest, now]
        }
    }

    private func stepSinceLast(_ now: ClockReading) -> Duration? {
        guard let last = state.last, last.bootID == now.bootID else { return nil }
        let step = Self.deviation(of: now, from: last)
        return abs(step.microseconds) >= Self.noticeableStep.microseconds ? step : nil
    }

    private func doubt(of now: ClockReading, newestBackup: Instant?) -> ClockDoubt? {
        if now.wall >= Self.latest { return .tooLate(ceiling: Self.latest) }
        if now.wall < Self.earliest { return .tooEarly(floor: Self.earliest) }
        if let newestBackup, state.waivedFloor.map({ newestBackup > $0 }) ?? true,
            now.wall < newestBackup - Self.tolerance
        {
            return .tooEarly(floor: newestBackup)
        }
        guard let believed = state.believed else { return nil }
        return believed.bootID == now.bootID ? stepDoubt(now, believed) : bootDoubt(now, believed)
    }

    private func stepDoubt(_ now: ClockReading, _ believed: ClockReading) -> ClockDoubt? {
        let deviations = (state.anchors + [believed]).filter { $0.bootID == now.bootID }
            .map { Self.deviation(of: now, from: $0) }
        guard let worst = deviations.max(by: { abs($0.microseconds) < abs($1.microseconds) }),
            abs(worst.microseconds) > Self.tolerance.microseconds
        else { return nil }
        return .stepped(by: worst)
    }

    private func bootDoubt(_ now: ClockReading, _ believed: ClockReading) -> ClockDoubt? {
        // At least the time since the boot has passed.
        let off = now.wall - believed.wall - now.sinceBoot
        if off < .zero - Self.tolerance { return .earlierAfterBoot(by: .zero - off) }
        if off > Self.longestOff { return .laterAfterBoot(by: off) }
        return nil
    }

    /// How much the wall clock has gained on the boot clock.
    private static func deviation(of now: ClockReading, from earlier: ClockReading) -> Duration {
        (now.wall - earlier.wall) - (now.sinceBoot - earlier.sinceBoot)
    }
}

extension ClockOrder {
    private static let remedy =
        "nothing is deleted meanwhile; set the clock right, or confirm it with `holdfast prune --confirm-clock`"

    /// The message of this order.
    package func notice(zone: ZoneOffset) -> Notice {
        switch self {
        case .doubted(let doubt, let wall):
            Notice(
                .warning, .clockInDoubt, "the clock shows \(wall.localText(zone: zone)): \(doubt.text(zone: zone))",
                hint: Self.remedy)
        case .stepped(let step): Notice(.info, .clockStepped, "the clock was set \(Self.text(step))")
        case .agrees:
            Notice(
                .success, .clockStepped, "the clock agrees again with its course before the doubt; deletion goes on")
        case .confirmed(let wall):
            Notice(.info, .clockConfirmed, "the clock was confirmed at \(wall.localText(zone: zone)); deletion goes on")
        }
    }

    fileprivate static func text(_ step: Duration) -> String {
        let length = DurationText.text(.microseconds(abs(step.microseconds)))
        return step < .zero ? "back by \(length)" : "forward by \(length)"
    }
}

extension ClockDoubt {
    /// What is wrong, for people.
    package func text(zone: ZoneOffset) -> String {
        switch self {
        case .stepped(let step): "it was set \(ClockOrder.text(step))"
        case .earlierAfterBoot(let duration):
            "that is \(DurationText.text(duration)) earlier than it can be after the last boot"
        case .laterAfterBoot(let duration):
            "that is \(DurationText.text(duration)) after the last time known before the boot"
        case .tooEarly(ClockTrust.earliest): "that is before the year 2020"
        case .tooEarly(let floor): "that is before the newest backup, \(floor.localText(zone: zone))"
        case .tooLate: "that is after the year 2099"
        }
    }
}
