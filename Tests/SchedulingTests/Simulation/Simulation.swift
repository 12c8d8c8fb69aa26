import Model
import Policies
import Scheduling
import Synchronization

/// Stands between the scheduler and a ledger, watches, and can be cut.
final class CuttableLedger: ScheduleLedger {
    enum Cut: Sendable {
        /// Nothing can be written.
        case outage
        /// The daemon dies during the next transaction.
        case kill
    }

    struct Transaction: Sendable {
        var changes: LedgerChanges
        var claimed: [OccurrenceID?]
    }

    private struct State {
        var ledger: any AdminLedger
        var cut: Cut?
        var wasCut = false
        /// Those that are in the ledger for sure.
        var seen: [Transaction] = []
        /// One that may be.
        var torn: Transaction?
    }

    private let state: Mutex<State>

    init(_ ledger: any AdminLedger) { state = Mutex(State(ledger: ledger)) }

    var admin: any AdminLedger {
        get { state.withLock { $0.ledger } }
        set { state.withLock { $0.ledger = newValue } }
    }
    /// Whether a kill has hit a transaction.
    var isKilled: Bool { state.withLock { $0.cut == .kill && $0.wasCut } }

    func cut(_ cut: Cut?) {
        state.withLock { state in
            state.cut = cut
            state.wasCut = false
        }
    }

    func takeSeen() -> [Transaction] {
        state.withLock { state in
            defer { state.seen = [] }
            return state.seen
        }
    }

    func takeTorn() -> Transaction? {
        state.withLock { state in
            defer { state.torn = nil }
            return state.torn
        }
    }

    func ledgerContent() throws -> LedgerContent { try admin.ledgerContent() }

    func commit(_ changes: LedgerChanges) throws -> [OccurrenceID?] {
        try state.withLock { state in
            if state.cut == .outage || state.wasCut {
                throw Fault(.outOfSpace, "the simulated disk is full")
            }
            if state.cut == .kill { try state.ledger.prepareForKill() }
            let claimed = try state.ledger.commit(changes)
            let transaction = Transaction(changes: changes, claimed: claimed)
            if state.cut == .kill {
                state.wasCut = true
                state.torn = transaction
                throw Fault(.interrupted, "the simulated daemon is dead")
            }
            state.seen.append(transaction)
            return claimed
        }
    }

    func rewind(_ schedules: [ScheduleRewind], to now: Instant) throws -> [ScheduleID: SchedulePosition] {
        try state.withLock { state in
            if state.cut == .outage || state.wasCut { throw Fault(.outOfSpace, "the simulated disk is full") }
            return try state.ledger.rewind(schedules, to: now)
        }
    }
}

/// A daemon's scheduler in a world where everything goes wrong now and then.
final class Simulation {
    let world = World()
    let ledger: CuttableLedger
    let work: SimulatedWork
    private(set) var oracle = Oracle()
    private(set) var events: [String: Int] = [:]
    /// What happened before the first broken promise.
    private(set) var log: [String] = []
    private var random: SeededGenerator
    private var scheduler: Scheduler?
    private var wake: Duration?
    private var definitions: [Schedule] = []
    private var outageEnds: Duration?
    /// Takes the ledger as a kill in the middle of a transaction leaves it; tells whether the transaction is in it.
    private let recover: (CuttableLedger, CuttableLedger.Transaction, inout SeededGenerator) throws -> Bool

    init(
        seed: UInt64, ledger: CuttableLedger,
        recover: @escaping (CuttableLedger, CuttableLedger.Transaction, inout SeededGenerator) throws -> Bool
    ) {
        self.ledger = ledger
        self.recover = recover
        random = SeededGenerator(seed: seed)
        work = SimulatedWork(world, seed: seed &+ 1)
    }

    func run(_ schedules: [Schedule], days: Int) throws {
        for (index, schedule) in schedules.enumerated() { try add(schedule, ScheduleID(index + 1)) }
        try boot()
        let end = Duration.seconds(86_400 * days)
        var trouble = Duration.seconds(86_400)
        while world.elapsed < end {
            let next = [wake, work.nextEnd, trouble, outageEnds, end].compactMap(\.self).min() ?? end
            if next > world.elapsed { world.pass(next - world.elapsed) }
            if let ends = outageEnds, ends <= world.elapsed { endOutage() }
            work.finishDue()
            if world.elapsed >= trouble {
                try makeTrouble()
                trouble = world.elapsed + .seconds(random.seconds(600...200_000))
            }
            try ring()
        }
        try calmDown()
    }

    private func add(_ schedule: Schedule, _ id: ScheduleID) throws {
        try ledger.admin.add(schedule, at: world.wall)
        try oracle.add(id, schedule, at: world.wall, elapsed: world.elapsed)
        definitions.append(schedule)
    }

    /// No more trouble, no more occurrences: what is open has to be closed.
    private func calmDown() throws {
        if outageEnds != nil { endOutage() }
        ledger.cut(nil)
        try boot()
        for index in definitions.indices { try set(index, enabled: false) }
        for _ in 0..<10_000 {
            guard let next = [wake, work.nextEnd].compactMap(\.self).min() else { break }
            if next > world.elapsed { world.pass(next - world.elapsed) }
            work.finishDue()
            try ring()
        }
        oracle.end()
    }

    private func boot() throws {
        kill()
        let new = Scheduler(ledger: ledger, work: work, clock: { [world] in world.reading }, beats: beat(of:))
        try new.open()
        scheduler = new
        oracle.daemonStarts(world.elapsed)
        try ring()
    }

    private func kill() {
        scheduler = nil
        wake = nil
        work.die()
    }

    /// The daemon's turn, and what follows when it dies in it.
    private func ring() throws {
        guard let scheduler else { return }
        let next = scheduler.ring()
        watch()
        if ledger.isKilled {
            kill()
            if let torn = ledger.takeTorn(), try recover(ledger, torn, &random) { see(torn) }
            oracle.turnBroke(at: world.wall)
            ledger.cut(nil)
            try sleep(3...100_000)
            return try boot()
        }
        if outageEnds == nil { oracle.turnEnded(at: world.wall, elapsed: world.elapsed) }
        wake = next.map { world.elapsed + max(.zero, $0 - world.wall) }
    }

    private func watch() { for transaction in ledger.takeSeen() { see(transaction) } }

    private func see(_ transaction: CuttableLedger.Transaction) {
        oracle.saw(transaction.changes, transaction.claimed, steps: world.steps, elapsed: world.elapsed)
    }

    private func sleep(_ seconds: ClosedRange<Double>) throws {
        world.pass(.seconds(random.seconds(seconds)))
        if random.chance(10) { setClock() }
    }

    private func endOutage() {
        outageEnds = nil
        ledger.cut(nil)
        // The scheduler's pause is not over yet.
        world.pass(.seconds(61))
        oracle.excuseSilence(world.elapsed)
    }
}

extension Simulation {
    private func makeTrouble() throws {
        let index = Int.random(in: definitions.indices, using: &random)
        let kind = Int.random(in: 0..<10, using: &random)
        switch kind {
        case 0, 1: try dieAtOnce()
        case 2, 3:
            note("kill in a transaction")
            if outageEnds == nil { ledger.cut(.kill) }
        case 4, 5: setClock()
        case 6: try visitTheFuture()
        case 7:
            note("suspend")
            world.pass(.seconds(random.seconds(60...400_000)))
        case 8: startOutage()
        default: try administer(index)
        }
    }

    private func note(_ event: String) {
        events[event, default: 0] += 1
        guard oracle.violations.isEmpty else { return }
        log.append("\(world.wall.rfc3339()) \(event)")
        if log.count > 20 { log.removeFirst() }
    }

    private func dieAtOnce() throws {
        note("kill")
        guard outageEnds == nil else { return }
        kill()
        try sleep(3...300_000)
        try boot()
    }

    private func startOutage() {
        note("full disk")
        guard outageEnds == nil else { return }
        ledger.cut(.outage)
        outageEnds = world.elapsed + .seconds(random.seconds(10...20_000))
    }

    /// From seconds to decades, in both directions, or right again.
    private func setClock() {
        let isRight = random.chance(3)
        let size = Duration.seconds(random.seconds(2...2_000_000_000))
        let offset = isRight ? .zero : world.offset + (random.chance(2) ? size : .zero - size)
        set(abs(offset.inSeconds) < 3e9 ? offset : .zero)
    }

    private func set(_ offset: Duration) {
        guard offset != world.offset else { return }
        let isBack = offset < world.offset
        note(isBack ? "clock set back" : "clock set forward")
        world.setClock(offset)
        note("the clock shows this")
        if isBack { oracle.clockWasSetBack(to: world.wall) }
    }

    private func visitTheFuture() throws {
        note("visit of the future")
        let before = world.offset
        set(before + .seconds(random.seconds(60...2_000_000_000)))
        try ring()
        world.pass(.seconds(random.seconds(1...120)))
        work.finishDue()
        set(before)
    }

    private func administer(_ index: Int) throws {
        guard outageEnds == nil else { return }
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            note("on demand")
            _ = try? scheduler?.runNow(definitions[index].name, by: .user(uid: 0, name: "root"))
            watch()
        case 1 where definitions[index].when.hasPrefix("daily"):
            note("changed")
            definitions[index].when = "daily \(Int64.random(in: 0..<86_400, using: &random))"
            try ledger.admin.set(definitions[index].name, when: definitions[index].when, at: world.wall)
            try oracle.change(
                ScheduleID(index + 1), definitions[index], restarts: true, at: world.wall, elapsed: world.elapsed)
        default:
            note("enabled or disabled")
            try set(index, enabled: !definitions[index].enabled)
        }
        scheduler?.reload()
    }

    private func set(_ index: Int, enabled: Bool) throws {
        let restarts = enabled && !definitions[index].enabled
        definitions[index].enabled = enabled
        try ledger.admin.set(definitions[index].name, enabled: enabled, at: world.wall)
        try oracle.change(
            ScheduleID(index + 1), definitions[index], restarts: restarts, at: world.wall, elapsed: world.elapsed)
        scheduler?.reload()
    }
}
