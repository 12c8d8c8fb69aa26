import Foundation
import Model
import Platform
import Policies
import Scheduling
import Settings
import Synchronization
import Wire

/// The maintenance of every server, woken by an alarm of its own: no step and no schedule can keep it from ringing.
final class MaintenanceRoster: Sendable {
    private struct State {
        var servers: [String: ServerMaintenance] = [:]
        var rules: [String: MaintenanceRules] = [:]
        var planners: [String: Planned] = [:]
        var alarm: Alarm?
        var isStopped = false
        /// Servers whose window has begun to close something.
        var claims: Set<String> = []
        /// Attempts of schedules that wait for the end of maintenance.
        var postponed: [AttemptTally] = []
    }

    /// A planner with what it was made of.
    private struct Planned {
        var rules: MaintenanceRules
        var zone: ZoneRules
        var planner: MaintenancePlanner
    }

    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }
    var servers: [ServerMaintenance] { state.withLock { $0.servers.values.sorted { $0.name < $1.name } } }

    func server(_ name: String) -> ServerMaintenance? { state.withLock { $0.servers[name] } }

    func add(_ server: ServerMaintenance) { state.withLock { $0.servers[server.name] = server } }

    func remove(_ name: String) { state.withLock { $0.servers[name] = nil } }

    /// Whether clients of a server may be shut out.
    func isClosed(_ name: String) -> Bool { server(name)?.excludesOthers ?? false }

    /// Lets a server's window close things, unless that of another one does that must not at the same time.
    /// - Returns: which.
    func claim(_ name: String, besides others: [String]) -> String? {
        state.withLock { state in
            if let other = others.first(where: state.claims.contains) { return other }
            state.claims.insert(name)
            return nil
        }
    }

    /// Everything that the window has closed is open again.
    func unclaim(_ name: String) { state.withLock { _ = $0.claims.remove(name) } }

    /// Whether a server's window may have closed something.
    func holds(_ name: String) -> Bool { state.withLock { $0.claims.contains(name) } }

    /// Windows that nobody has set are off.
    func rules(of server: String) -> MaintenanceRules { state.withLock { $0.rules[server] } ?? .off }

    func setRules(_ all: [String: [MaintenanceRule]]) {
        let rules = all.mapValues { set in
            set.reduce(into: MaintenanceRules.off) { rules, rule in
                if rule.kind == .weekly { rules.weekly = rule } else { rules.daily = rule }
            }
        }
        state.withLock { $0.rules = rules }
    }

    /// By rules that can't be read any more, as when a zone is gone from the system, windows come as before: a window under
    /// way needs a planner to end.
    ///
    /// - Throws: `bad-settings`, `bad-schedule`.
    func planner(of server: String, zone: ZoneRules) throws -> MaintenancePlanner {
        let rules = rules(of: server)
        let known = state.withLock { $0.planners[server] }
        if let known, known.rules == rules, known.zone == zone { return known.planner }
        let planner: MaintenancePlanner
        do {
            planner = try MaintenancePlanner(rules, zone: zone, zoneNamed: ZoneRules.named)
        } catch { return try known?.planner ?? MaintenancePlanner(.off, zone: zone) }
        state.withLock { $0.planners[server] = Planned(rules: rules, zone: zone, planner: planner) }
        return planner
    }

    /// Keeps an attempt until no server that it may concern is in maintenance.
    /// - Returns: false when none is.
    func postpone(_ tally: AttemptTally) -> Bool {
        let closed = servers.filter(\.excludesOthers).map(\.name)
        guard Self.concerns(tally, closed) else { return false }
        state.withLock { $0.postponed.append(tally) }
        return true
    }

    /// Attempts that no maintenance keeps any more.
    func takePostponed() -> [AttemptTally] {
        let closed = servers.filter(\.excludesOthers).map(\.name)
        return state.withLock { state in
            let free = state.postponed.filter { !Self.concerns($0, closed) }
            state.postponed.removeAll { !Self.concerns($0, closed) }
            return free
        }
    }

    private static func concerns(_ tally: AttemptTally, _ servers: [String]) -> Bool {
        let schedule = tally.start.schedule
        return schedule.action != .message && servers.contains { NameSelection.mayCover(schedule.scope, server: $0) }
    }
}

extension MaintenanceRoster {
    /// Looks anew when something is due. Returns at once.
    func look() { state.withLock { $0.alarm }?.rearm() }

    func begin(on host: Host) {
        let clock: @Sendable () -> Instant = { [weak host] in host?.maintenanceClock().wall ?? WallClock.now() }
        let alarm = Alarm(longestSleepSeconds: 3600, clock: clock) { [weak self, weak host] _ in
            guard let self, let host else { return nil }
            return ring(host)
        }
        state.withLock { $0.alarm = alarm }
        for server in servers { server.take(.tick, on: host) }
        alarm.rearm()
    }

    private func ring(_ host: Host) -> Instant? {
        guard !isStopped else { return nil }
        return servers.compactMap { server -> Instant? in
            guard let terms = try? host.maintenanceTerms(of: server.name), let due = server.due(terms) else {
                return nil
            }
            guard due <= terms.reading.wall else { return due }
            server.tickSoon(on: host)
            return terms.reading.wall + .seconds(1)
        }.min()
    }

    /// Ends windows, so that nothing stays closed without a daemon that would open it.
    func stop(on host: Host) {
        for server in servers where server.machine.isClosed { server.take(.aborted(by: .daemon), on: host) }
        let deadline = BootClock.now() + .seconds(30)
        while servers.contains(where: \.machine.isClosed), BootClock.now() < deadline {
            Thread.sleep(forTimeInterval: 0.05)
        }
        let alarm = state.withLock { state in
            state.isStopped = true
            defer { state.alarm = nil }
            return state.alarm
        }
        alarm?.cancel()
    }
}

extension MaintenanceRules {
    /// Both windows as they are by default, and switched off: nobody's clients are disconnected unasked.
    static let off: MaintenanceRules = {
        var rules = MaintenanceRules()
        rules.weekly.enabled = false
        rules.daily.enabled = false
        return rules
    }()
}
