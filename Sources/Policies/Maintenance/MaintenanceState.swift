package import Model

/// A server's maintenance as it has to survive a restart, in the same transaction as the messages of its orders.
package struct MaintenanceState: Sendable, Hashable, Codable {
    /// How far the windows of one kind are decided.
    package struct Series: Sendable, Hashable, Codable {
        /// Windows that start up to it are reported, skipped or under way; nil before the first tick.
        package var handled: Instant?
        /// The first window after `handled`.
        package var upcoming: MaintenanceWindow?
        /// The shortest lead time at which `upcoming` was announced.
        package var told: Duration?

        package init() {}
    }

    package var weekly = Series()
    package var daily = Series()
    /// The rules that planned the series.
    package var rules: MaintenanceRules?
    /// The clock was in doubt since the series were last looked at.
    package var wasInDoubt = false
    /// Tasks that come first next time.
    package var carried: [MaintenanceTask.Kind] = []
    package var run: MaintenanceRun?
    /// Number of the last order with a result.
    package var lastNumber = 0

    package init() {}

    package subscript(kind: MaintenanceKind) -> Series {
        get {
            switch kind {
            case .weekly: weekly
            case .daily: daily
            }
        }
        set {
            switch kind {
            case .weekly: weekly = newValue
            case .daily: daily = newValue
            }
        }
    }
}

/// A window under way.
package struct MaintenanceRun: Sendable, Hashable, Codable {
    package enum Stage: Sendable, Hashable, Codable {
        /// For a quiet moment; everything is open.
        case waiting
        /// The order of that number hasn't ended.
        case performing(MaintenanceStep, number: Int)
        case countdown
        /// Nothing is under way; at rest between two attempts to reopen.
        case pausing
    }

    package var window: MaintenanceWindow
    /// Since when it waits, or when closing began.
    package var began: ClockReading
    package var stage: Stage
    package var stageBegan: ClockReading
    /// What the stage may take.
    package var allowed: Duration
    /// Still to be looked at, in order.
    package var queue: [MaintenanceTask]
    /// Didn't fit or were cut off.
    package var undone: [MaintenanceTask.Kind] = []
    package var steps: [MaintenanceReport.Step] = []
    package var heldUpBy: [String] = []
    /// Set as soon as all that is left is to reopen.
    package var ending: MaintenanceEnding?
    /// Attempts to reopen that failed.
    package var failedReopenings = 0
    /// Absent in what earlier releases stored.
    private var omissions: [MaintenanceOmission]?

    /// What the window goes on without.
    package var leftOut: [MaintenanceOmission] {
        get { omissions ?? [] }
        set { omissions = newValue }
    }
}

extension MaintenanceRun {
    init(window: MaintenanceWindow, began: ClockReading, queue: [MaintenanceTask]) {
        self.window = window
        self.began = began
        stage = .waiting
        stageBegan = began
        allowed = .zero
        self.queue = queue
    }

    /// Whether clients may be shut out.
    package var isClosed: Bool { stage != .waiting }

    /// Whether nobody has been disconnected yet.
    var isBeforeDisconnect: Bool {
        switch stage {
        case .waiting, .countdown, .performing(.close, _): true
        case .performing, .pausing: false
        }
    }

    /// The step under way; nil while waiting and between two attempts to reopen.
    package var step: MaintenanceStep? {
        switch stage {
        case .waiting, .pausing: nil
        case .countdown: .countdown
        case .performing(let step, _): step
        }
    }

    /// What the clock would show had nobody set it since the window began.
    func moment(_ reading: ClockReading) -> Instant { began.wall + reading.elapsed(since: began) }

    /// Time that is left until an instant of the plan, by the clock or by elapsed time, whichever is less.
    func remaining(until instant: Instant, at reading: ClockReading) -> Duration {
        min(instant - reading.wall, instant - moment(reading))
    }
}

extension ClockReading {
    /// Time that passed, which no setting of the clock changes within a boot; never negative.
    func elapsed(since earlier: ClockReading) -> Duration {
        max(.zero, bootID == earlier.bootID ? sinceBoot - earlier.sinceBoot : wall - earlier.wall)
    }
}
