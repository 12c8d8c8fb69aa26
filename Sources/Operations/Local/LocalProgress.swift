import Messages
import Model
import Platform
import Synchronization
import Wire

/// Turns the steps of work on many threads into progress, five times a second at most; a signal ends the work at its next
/// step.
enum LocalProgress {
    private struct State {
        var meter: ProgressMeter
        var shown = Duration.zero
    }

    static func report<Value>(
        _ phase: String, total: ByteCount?, to progress: @escaping @Sendable (Progress) -> Void,
        _ body: (@escaping @Sendable (Int) throws -> Void) throws -> Value
    ) rethrows -> Value {
        let state = Mutex(State(meter: ProgressMeter(total: total, startedAt: BootClock.now())))
        let step: @Sendable (Int) throws -> Void = { bytes in
            try Interruption.check()
            let due: Progress? = state.withLock { state in
                let now = BootClock.now()
                state.meter.advance(to: state.meter.done + ByteCount(bytes), at: now)
                guard now - state.shown >= .milliseconds(200) else { return nil }
                state.shown = now
                return Progress(
                    phase: phase, done: state.meter.done, total: total, bytesPerSecond: state.meter.rate,
                    remainingSeconds: state.meter.remaining?.inSeconds)
            }
            if let due { progress(due) }
        }
        return try Interruption.heeded { try body(step) }
    }
}
