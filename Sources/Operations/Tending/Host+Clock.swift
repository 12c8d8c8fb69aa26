import Catalog
package import Model
import Platform
import Policies
import Synchronization
package import Wire

extension Host {
    private static let memory = "clock"

    /// Why nothing is deleted by the clock now; nil while it is believed.
    func clockDoubt() -> Fault? {
        tending.state.withLock { $0.clock.state.doubt }.map { doubt in
            Fault(
                .clockInDoubt, "the clock is in doubt: \(doubt.text(zone: { LocalZone.offsetSeconds(at: $0) }))",
                hint: "nothing is deleted meanwhile; set the clock right, or confirm it with "
                    + "`holdfast prune --confirm-clock`")
        }
    }

    /// Compares both clocks, and says when the time of day can't be believed or can be again.
    func observeClock() throws {
        let (reading, newest) = (clock, try catalog.newestBackupInstant())
        let known = tending.state.withLock { $0.isClockKnown }
        let remembered = known ? nil : try catalog.recall(Self.memory, as: ClockState.self)
        let (order, state, isToKeep) = tending.state.withLock { state in
            if !state.isClockKnown {
                state.clock = ClockTrust(remembered ?? ClockState())
                state.isClockKnown = true
            }
            let before = state.clock.state
            let order = state.clock.observe(reading, newestBackup: newest)
            let after = state.clock.state
            return (order, after, order != nil || after.isWorthKeeping(after: before, kept: state.clockKept))
        }
        if isToKeep {
            try catalog.remember(state, as: Self.memory)
            tending.state.withLock { $0.clockKept = state.believed }
        }
        if let order { say([MessageDraft(order.notice(zone: { LocalZone.offsetSeconds(at: $0) }))]) }
    }
}

extension HostService {
    package func confirmClock(by actor: Actor) async throws -> Status {
        try await ask { host in
            try host.observeClock()
            let (reading, newest) = (host.clock, try host.catalog.newestBackupInstant())
            let result: Result<(ClockOrder?, ClockState), Fault> = host.tending.state.withLock { state in
                do throws(Fault) {
                    let order = try state.clock.confirm(at: reading, newestBackup: newest)
                    return .success((order, state.clock.state))
                } catch { return .failure(error) }
            }
            let (order, state) = try result.get()
            try host.catalog.remember(state, as: "clock")
            guard let order else { return }
            var draft = MessageDraft(order.notice(zone: { LocalZone.offsetSeconds(at: $0) }))
            draft.actor = actor
            host.say([draft])
        }
        return try await status(for: actor)
    }
}

extension ClockState {
    /// Whether the state has to be written down: other anchors, or an hour since the last time.
    fileprivate func isWorthKeeping(after before: ClockState, kept: ClockReading?) -> Bool {
        if anchors != before.anchors || doubt != before.doubt { return true }
        guard let believed else { return false }
        return kept.map { abs((believed.wall - $0.wall).inSeconds) >= 3600 || $0.bootID != believed.bootID } ?? true
    }
}
