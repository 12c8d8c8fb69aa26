import Foundation
import Model
import Policies

/// A server, its clients, its daemon and their misfortunes over some weeks.
struct MaintenanceWorld {
    private struct Job {
        var step: MaintenanceStep
        var number: Int
        /// Nil: it hangs.
        var ends: Int?
        var outcome: MaintenanceOutcome
    }

    private var numbers: Numbers
    private(set) var checker: MaintenanceChecker
    private var rules: SimulatedRules
    private var planner: MaintenancePlanner
    private var machine: MaintenanceMachine? = MaintenanceMachine()
    private var stored = MaintenanceState()
    private var real = 0
    /// By how much the wall clock is wrong.
    private var shift = 0
    private var boot = (number: 0, since: 0)
    private var trusted = true
    private var job: Job?
    /// Results of cancelled work that come all the same.
    private var stray: (number: Int, at: Int)?
    private var restart: Int?
    private var clients: [MaintenanceClient] = []
    private var isTroubled = true
    /// Steps since time has passed.
    private var standstill = 0

    init(seed: UInt64) throws {
        numbers = Numbers(seed: seed)
        rules = SimulatedRules(&numbers)
        planner = try MaintenancePlanner(rules.rules, zone: .utc)
        checker = MaintenanceChecker(rules, wall: Self.start)
    }

    private static let start = time("2026-11-22T12:00:00Z")
    private var wall: Instant { Self.start + .seconds(real + shift) }
    private var terms: MaintenanceTerms {
        MaintenanceTerms(
            reading: ClockReading(
                sinceBoot: .seconds(real - boot.since), bootID: "boot \(boot.number)", wall: wall),
            clockIsTrusted: trusted, planner: planner)
    }

    /// Lives through so many days, then through a quiet end.
    mutating func live(days: Int) throws {
        deliver(.tick, mayDie: false)
        while real < days * 86_400, checker.broken == nil { try step() }
        isTroubled = false
        trusted = true
        if restart != nil { restart = real }
        let end = real + 2 * 86_400
        while real < end || machine?.state.run != nil, checker.broken == nil {
            if real > end + 5 * 86_400 { return checker.fail("a window never ends") }
            try step()
        }
        checker.settle(wall: wall)
    }

    // MARK: Time

    private mutating func step() throws {
        let isBusy = machine?.state.run != nil || restart != nil
        let disturbance = real + 1 + numbers.below(isBusy ? 2400 : 60_000)
        var dues: [Int] = [disturbance]
        if let restart { dues.append(restart) }
        if let machine {
            if let due = machine.nextDue(terms) {
                dues.append(real + Int(((due - wall).microseconds + 999_999) / 1_000_000))
            }
            if let ends = job?.ends { dues.append(ends) }
            if let stray { dues.append(stray.at) }
            if machine.wantsClients { dues.append(real + 20 + numbers.below(400)) }
        }
        let next = max(real, dues.min() ?? disturbance)
        standstill = next > real ? 0 : standstill + 1
        if standstill > 100 { return checker.fail("the next tick is due again and again") }
        real = next
        if let restart, real >= restart { return try start() }
        guard let machine else { return try disturb() }
        if let job, let ends = job.ends, real >= ends { return finish(job) }
        if let late = stray, real >= late.at {
            stray = nil
            return deliver(.ended(number: late.number, .done))
        }
        if machine.wantsClients { return poll() }
        if real == disturbance, isTroubled { try disturb() } else { deliver(.tick) }
    }

    private mutating func disturb() throws {
        switch numbers.below(16) {
        case 0...2: kill()
        case 3, 4: shift = min(max(shift + numbers.below(7200) - 3600, -10_000), 10_000)
        case 5: shift += [-1, 1, -40][numbers.below(3)]
        case 6: deliver(.aborted(by: .daemon))
        case 7: try change()
        case 8: if numbers.once(in: 4) { deliver(.requested(numbers.once(in: 2) ? .weekly : .daily)) }
        case 9: trusted.toggle()
        case 10: if !trusted { trusted = true }
        // The machine sleeps.
        case 11: real += numbers.below(numbers.once(in: 8) ? 300_000 : 9000)
        default: break
        }
        deliver(.tick)
    }

    private mutating func change() throws {
        guard machine != nil, trusted else { return }
        deliver(.tick)
        guard machine != nil else { return }
        rules = SimulatedRules(&numbers)
        planner = try MaintenancePlanner(rules.rules, zone: .utc)
        checker.change(to: rules, wall: wall)
        deliver(.tick, mayDie: false)
    }

    // MARK: The daemon

    private mutating func deliver(_ event: MaintenanceEvent, mayDie: Bool = true) {
        guard var after = machine else { return }
        let orders = after.handle(event, terms)
        let dies = isTroubled && mayDie ? numbers.below(300) : 9
        if dies == 0 { return kill() }
        (machine, stored) = (after, after.state)
        if trusted { checker.see(wall: wall) }
        if case .clients(let clients) = event, clients.isEmpty { checker.begun?.nobodyLeft = true }
        if case .ended(let number, _) = event, !orders.contains(.cancel(number: number)) {
            checker.ended(number, real: real)
        }
        for order in orders { checker.see(order, of: after, real: real, wall: wall) }
        checker.check(after, real: real, wall: wall)
        if dies == 1 { return kill() }
        for order in orders { carryOut(order) }
    }

    private mutating func kill() {
        guard machine != nil else { return }
        machine = nil
        // What was under way may have worked without anybody hearing of it.
        if let job, job.step == .reopen, numbers.once(in: 2) { checker.isServerClosed = false }
        (job, stray) = (nil, nil)
        restart = real + 1 + numbers.below([30, 600, 20_000, 400_000][numbers.below(30) / 9])
        if numbers.once(in: 3) { boot = (boot.number + 1, real) }
    }

    private mutating func start() throws {
        restart = nil
        let state = try JSONDecoder().decode(MaintenanceState.self, from: JSONEncoder().encode(stored))
        var fresh = MaintenanceMachine(restored: state)
        if state != stored { checker.fail("the stored state is another") }
        let wasClosed = checker.isServerClosed
        let orders = fresh.handle(.tick, terms)
        (machine, stored) = (fresh, fresh.state)
        if trusted { checker.see(wall: wall) }
        for order in orders { checker.see(order, of: fresh, real: real, wall: wall) }
        if wasClosed, orders.steps.first != .reopen { checker.fail("a restart that doesn't reopen first") }
        checker.check(fresh, real: real, wall: wall)
        for order in orders { carryOut(order) }
    }

    // MARK: The server

    private mutating func carryOut(_ order: MaintenanceOrder) {
        switch order {
        case .perform(let step, let number, _):
            if job != nil { checker.fail("two steps at once") }
            job = Job(step: step, number: number, ends: real + duration(of: step), outcome: outcome(of: step))
            if isTroubled, numbers.once(in: step == .reopen ? 12 : 25) { job?.ends = nil }
        case .cancel(let number):
            // Its end may have come too late to count.
            if let job, job.number != number { checker.fail("cancelled what isn't under way") }
            job = nil
            if numbers.once(in: 3) { stray = (number, real + numbers.below(5000)) }
        case .announce, .withdraw, .message, .reopenFailed, .report, .skip: break
        }
    }

    private mutating func duration(of step: MaintenanceStep) -> Int {
        switch step {
        case .close, .countdown, .disconnect, .reopen: 1 + numbers.below(20)
        case .backup: 5 + numbers.below(numbers.once(in: 4) ? 6000 : 600)
        case .task: 5 + numbers.below(numbers.once(in: 4) ? 1500 : 300)
        case .check: 1 + numbers.below(60)
        }
    }

    private mutating func outcome(of step: MaintenanceStep) -> MaintenanceOutcome {
        guard isTroubled, numbers.once(in: step == .reopen ? 4 : 15) else { return .done }
        return .failed(reason: "bad luck")
    }

    private mutating func finish(_ job: Job) {
        self.job = nil
        if job.step == .reopen, job.outcome == .done { checker.isServerClosed = false }
        deliver(.ended(number: job.number, job.outcome))
    }

    /// The daemon reads who is connected.
    private mutating func poll() {
        let isClosed = machine?.isClosed == true
        if isClosed {
            clients = clients.filter { _ in !numbers.once(in: 3) }
        } else {
            let idle = numbers.once(in: 3) ? 2400 : 1250
            clients = (0..<numbers.below(4)).map { name in
                MaintenanceClient(name: "client \(name)", idle: .seconds(numbers.below(idle)))
            }
        }
        let isQuiet = clients.allSatisfy { $0.idle >= planner.rules.daily.quietTime }
        let window = machine?.state.run?.window
        deliver(.clients(clients))
        let hasBegun = !isClosed && machine?.state.run?.isUnderWay == true && machine?.state.run?.window == window
        if hasBegun, !isQuiet, window?.rule == planner.rules.daily { checker.fail("began while clients were active") }
    }
}

extension MaintenanceRun {
    fileprivate var isUnderWay: Bool { stage != .waiting }
}
