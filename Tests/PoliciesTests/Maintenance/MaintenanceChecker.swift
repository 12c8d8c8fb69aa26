import Model
import Policies

/// Watches a simulated server's maintenance from outside and remembers the first promise that was broken.
///
/// Real time is seconds that nobody can set.
struct MaintenanceChecker {
    struct Key: Hashable {
        var kind: MaintenanceKind
        var start: Instant
    }

    /// A window that has closed the server and isn't reported yet.
    struct Begun {
        var window: MaintenanceWindow
        var real: Int
        var wall: Instant
        var countdownEnd: Int?
        var nobodyLeft = false
        var disconnected = false
        var started: [MaintenanceTask.Kind] = []
        /// The task under way.
        var task: (kind: MaintenanceTask.Kind, number: Int, real: Int)?
        var finished: Set<MaintenanceTask.Kind> = []
        /// Cancelled at or after their deadline.
        var late: Set<MaintenanceTask.Kind> = []
        var expected: [MaintenanceTask.Kind]
        /// What was left for tasks when the final check began.
        var leftAtCheck: Duration?

        func isOver(real now: Int, wall: Instant) -> Bool {
            wall >= window.end || Duration.seconds(now - real) >= window.end - self.wall
        }
    }

    var broken: String?
    var begun: Begun?
    var isServerClosed = false
    /// When an attempt to reopen last began, ended or was given up.
    private var lastReopening = -1000
    private var reopening: Int?
    private var carried: [MaintenanceTask.Kind] = []
    /// Windows that have ended, and those that are under way.
    private var decided: Set<Key> = []
    private var required: Set<Key> = []
    private var told: [Key: Duration] = [:]
    private var regime: (rules: SimulatedRules, since: Instant)
    /// The latest that a trusted wall clock has shown to a daemon that ran.
    private var highWater: Instant
    private(set) var reports = 0
    private(set) var skips = 0

    init(_ rules: SimulatedRules, wall: Instant) {
        regime = (rules, wall)
        highWater = wall
    }

    mutating func fail(_ text: String) { if broken == nil { broken = text } }

    // MARK: What should come

    mutating func see(wall: Instant) { highWater = max(highWater, wall) }

    /// A window that the clock was set back before, undecided, lies in the future again: new rules may withdraw it.
    mutating func change(to rules: SimulatedRules, wall: Instant) {
        for kind in MaintenanceKind.allCases {
            for start in regime.rules.starts(kind, after: regime.since, upTo: min(highWater, wall)) {
                required.insert(Key(kind: kind, start: start))
            }
        }
        regime = (rules, highWater)
    }

    /// At the end, when nothing is under way.
    mutating func settle(wall: Instant) {
        change(to: regime.rules, wall: wall)
        if isServerClosed || begun != nil { fail("left closed") }
        if let missing = required.subtracting(decided).first {
            fail("neither report nor skip of \(missing.kind) \(missing.start.rfc3339())")
        }
    }

    // MARK: Orders

    mutating func see(_ order: MaintenanceOrder, of machine: MaintenanceMachine, real: Int, wall: Instant) {
        switch order {
        case .announce(let window, let left): announce(window, left, wall: wall)
        case .withdraw(let window): told[Key(kind: window.kind, start: window.start)] = nil
        case .message(let window, let left):
            if begun?.window != window { fail("countdown of a window that isn't under way") }
            begun?.countdownEnd = real + Int(left.components.seconds)
        case .perform(let step, let number, _):
            if case .task(let kind) = step { begun?.task = (kind, number, real) }
            if step == .reopen { (reopening, lastReopening) = (number, real) }
            perform(step, of: machine, real: real, wall: wall)
        case .cancel(let number): cancel(number, real: real)
        case .reopenFailed: break
        case .report(let report): end(report)
        case .skip(let skip): see(skip)
        }
    }

    private mutating func announce(_ window: MaintenanceWindow, _ left: Duration, wall: Instant) {
        let key = Key(kind: window.kind, start: window.start)
        let leads = window.rule.announceSeconds.map { Duration.seconds($0) }
        let isNew = leads.contains { lead in left <= lead && told[key].map { lead < $0 } ?? true }
        if !isNew || window.start <= wall || decided.contains(key) { fail("announced twice or too late") }
        if window.weeklyInstead != nil { fail("announced a window that makes way") }
        told[key] = left
    }

    private mutating func perform(_ step: MaintenanceStep, of machine: MaintenanceMachine, real: Int, wall: Instant) {
        if step == .close { return begin(machine.state.run?.window, real: real, wall: wall) }
        guard let begun else { return fail("\(step.name) without a window") }
        if step == .reopen { return }
        if begun.isOver(real: real, wall: wall) { fail("\(step.name) after the hard end") }
        switch step {
        case .disconnect: disconnect(real: real, wall: wall)
        case .task(let kind):
            if !begun.disconnected { fail("a task before clients were disconnected") }
            self.begun?.started.append(kind)
        case .check:
            self.begun?.leftAtCheck = min(
                begun.window.workEnd - wall, begun.window.workEnd - begun.wall - .seconds(real - begun.real))
        case .close, .countdown, .backup, .reopen: break
        }
    }

    private mutating func begin(_ window: MaintenanceWindow?, real: Int, wall: Instant) {
        guard let window else { return fail("closed without a window") }
        if let begun { fail("\(window.kind) begins during \(begun.window.kind)") }
        if !window.isOnDemand {
            if wall < window.start || wall > window.start + window.rule.latestStart { fail("began out of its time") }
            if !decided.insert(Key(kind: window.kind, start: window.start)).inserted { fail("began twice") }
            if window.weeklyInstead != nil { fail("began although it makes way") }
        }
        let kinds = window.rule.tasks.map(\.kind)
        let expected = carried.filter { kinds.contains($0) } + kinds.filter { !carried.contains($0) }
        begun = Begun(window: window, real: real, wall: wall, expected: expected)
        isServerClosed = true
    }

    private mutating func disconnect(real: Int, wall: Instant) {
        guard let begun else { return }
        if wall < begun.window.start { fail("disconnected before the start") }
        guard let end = begun.countdownEnd else { return fail("disconnected without a countdown") }
        if real < end, !begun.nobodyLeft { fail("disconnected before the countdown ended") }
        self.begun?.disconnected = true
    }

    // MARK: Ends

    /// The end of a step was heard of.
    mutating func ended(_ number: Int, real: Int) {
        if number == reopening { lastReopening = real }
        guard let task = begun?.task, task.number == number else { return }
        begun?.finished.insert(task.kind)
    }

    /// A task that is cancelled at its deadline was tried; the report says whether it was for that reason.
    private mutating func cancel(_ number: Int, real: Int) {
        if number == reopening { lastReopening = real }
        guard let begun, let task = begun.task, task.number == number else { return }
        let deadline = begun.window.rule.tasks.first { $0.kind == task.kind }?.deadline ?? .zero
        if .seconds(real - task.real) >= deadline { self.begun?.late.insert(task.kind) }
        self.begun?.task = nil
    }

    private mutating func end(_ report: MaintenanceReport) {
        guard let begun, begun.window == report.window else { return fail("report of another window") }
        if isServerClosed { fail("reported before it was open") }
        reports += 1
        let timedOut = report.steps.filter { $0.outcome == .timedOut }.compactMap { step in
            begun.late.first { step.step == .task($0) }
        }
        let tried = begun.finished.union(timedOut)
        let undone = begun.expected.filter { !tried.contains($0) }
        if Set(report.undone) != Set(undone) || report.undone.count != undone.count {
            fail("wrong list of undone tasks")
        }
        var rest = begun.expected[...]
        for kind in begun.started {
            guard let index = rest.firstIndex(of: kind) else { return fail("tasks out of order") }
            rest = rest[(index + 1)...]
        }
        if report.ending == .completed, let left = begun.leftAtCheck {
            for task in begun.window.rule.tasks where undone.contains(task.kind) && task.deadline <= left {
                fail("\(task.kind) would have fitted")
            }
        }
        carried = report.undone + carried.filter { !report.undone.contains($0) && !tried.contains($0) }
        self.begun = nil
    }

    private mutating func see(_ skip: MaintenanceSkip) {
        skips += 1
        let window = skip.window
        if !decided.insert(Key(kind: window.kind, start: window.start)).inserted { fail("skipped twice") }
        if skip.earlier == 0 { return }
        let before = regime.rules.starts(
            window.kind, after: window.start - .seconds(86_400 * 400), upTo: window.start - .seconds(1)
        ).map { Key(kind: window.kind, start: $0) }.reversed().filter { !decided.contains($0) }
        if before.count < skip.earlier { fail("skipped more than there were") }
        decided.formUnion(before.prefix(skip.earlier))
    }

    /// After each event: whatever should be open is, or about to be.
    mutating func check(_ machine: MaintenanceMachine, real: Int, wall: Instant) {
        if !machine.isClosed, isServerClosed { fail("a closed server that nobody looks after") }
        guard let begun, begun.isOver(real: real, wall: wall), isServerClosed else { return }
        // An attempt takes a minute at most, and so does a pause.
        if real - lastReopening > 61 { fail("closed past the hard end") }
    }
}
