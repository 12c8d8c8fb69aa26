import Model
import Policies
import Scheduling
import Synchronization

/// SplitMix64, so that a seed tells the whole story.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

    /// Between the two, small ones as likely as large ones.
    mutating func seconds(_ range: ClosedRange<Double>) -> Int64 {
        let exponent = Double.random(in: logarithm(range.lowerBound)...logarithm(range.upperBound), using: &self)
        return Int64(power(exponent))
    }

    private func logarithm(_ number: Double) -> Double { Double(number.exponent) + number.significand - 1 }

    private func power(_ exponent: Double) -> Double {
        let whole = exponent.rounded(.down)
        return Double(sign: .plus, exponent: Int(whole), significand: 1 + exponent - whole)
    }
}

/// Elapsed time, and a clock that somebody sets.
final class World: Sendable {
    private struct Time {
        /// Since the simulation began.
        var elapsed: Duration = .zero
        var offset: Duration = .zero
        var steps = 0
    }

    static let beginning = Instant(seconds: 1_767_225_637)
    private let time = Mutex(Time())

    var elapsed: Duration { time.withLock { $0.elapsed } }
    var wall: Instant { time.withLock { Self.beginning + $0.elapsed + $0.offset } }
    var steps: Int { time.withLock { $0.steps } }
    var offset: Duration { time.withLock { $0.offset } }
    var reading: ClockReading {
        time.withLock {
            ClockReading(sinceBoot: $0.elapsed, bootID: "boot", wall: Self.beginning + $0.elapsed + $0.offset)
        }
    }

    func pass(_ duration: Duration) { time.withLock { $0.elapsed += duration } }

    func setClock(_ offset: Duration) {
        time.withLock {
            if offset < $0.offset { $0.steps += 1 }
            $0.offset = offset
        }
    }
}

/// Work that takes elapsed time and ends as the dice fall.
final class SimulatedWork: OccurrenceWork {
    struct Job: Sendable {
        var id: OccurrenceID
        var ends: Duration
        var ending: OccurrenceEnding
        var finished: @Sendable (OccurrenceID, OccurrenceEnding) -> Void
    }

    private struct State {
        var random: SeededGenerator
        var jobs: [Job] = []
        var starts: [OccurrenceID: Int] = [:]
        var violations: [String] = []
    }

    private let state: Mutex<State>
    private let world: World

    init(_ world: World, seed: UInt64) {
        self.world = world
        state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    var nextEnd: Duration? { state.withLock { $0.jobs.map(\.ends).min() } }
    var isBusy: Bool { state.withLock { !$0.jobs.isEmpty } }
    var violations: [String] { state.withLock { $0.violations } }

    /// The daemon died, and all work with it.
    func die() { state.withLock { $0.jobs = [] } }

    func finishDue() {
        let due = state.withLock { state in
            defer { state.jobs.removeAll { $0.ends <= world.elapsed } }
            return state.jobs.filter { $0.ends <= world.elapsed }
        }
        for job in due { job.finished(job.id, job.ending) }
    }

    func start(_ starts: [OccurrenceStart], finished: @escaping @Sendable (OccurrenceID, OccurrenceEnding) -> Void) {
        state.withLock { state in
            for start in starts {
                let id = start.occurrence.id
                state.starts[id, default: 0] += 1
                if state.starts[id, default: 0] > start.schedule.attempts + 1 {
                    state.violations.append("\(start.occurrence.name) \(id): started too often")
                }
                let isLong = state.random.chance(50)
                let seconds = state.random.seconds(isLong ? 60...50_000 : 1...60)
                let ending: OccurrenceEnding =
                    switch Int.random(in: 0..<20, using: &state.random) {
                    case 0, 1: .failed(reason: "it rained")
                    case 2: .failed(reason: "it can't be mended", retryable: false)
                    case 3: .skipped(reason: "nothing to do")
                    default: .succeeded()
                    }
                state.jobs.append(
                    Job(id: id, ends: world.elapsed + .seconds(seconds), ending: ending, finished: finished))
            }
            let recent = (starts.first?.occurrence.id ?? 0) - 5000
            if state.starts.count > 10_000 { state.starts = state.starts.filter { $0.key > recent } }
        }
    }

    func ledgerFailed(_ fault: Fault) {}
    func ledgerRecovered() {}
}
