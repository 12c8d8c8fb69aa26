import Model
import Platform
import Policies
import Scheduling
import Settings
import Synchronization

/// When a schedule is due, as the scheduler sees it.
struct RecurrenceBeat: Beat {
    private let recurrence: Recurrence

    init(_ recurrence: Recurrence) { self.recurrence = recurrence }

    func next(after instant: Instant) -> Instant? { recurrence.next(after: instant)?.instant }
    func previous(before instant: Instant) -> Instant? { recurrence.previous(before: instant)?.instant }
    var period: Duration? { recurrence.period }
    var isInterval: Bool { recurrence.isInterval }
}

extension Recurrence {
    /// The recurrence of a schedule.
    ///
    /// - Parameter daemonZone: for a schedule without a zone of its own.
    /// - Throws: `bad-schedule`.
    static func of(_ schedule: Schedule, daemonZone: ZoneRules) throws -> Recurrence {
        try Recurrence(
            schedule.when, zone: try schedule.timeZone.map(ZoneRules.named) ?? daemonZone, starts: schedule.starts,
            ends: schedule.ends, spread: .seconds(schedule.spreadSeconds), seed: schedule.seed ?? schedule.name,
            zoneNamed: ZoneRules.named)
    }
}

extension Host {
    /// The rules of the daemon's zone: that of the settings, else the system's.
    func daemonZone() throws -> ZoneRules { try zone.rules(settings.timeZone) }
}

/// Keeps the rules of the daemon's zone, and reads them again when the system's zone changes.
final class ZoneKeeper: Sendable {
    private struct State {
        var name: String?
        var identity: FileStatus?
        var rules: ZoneRules?
    }

    private let state = Mutex(State())

    /// - Parameter name: nil is the system's zone.
    func rules(_ name: String?) throws -> ZoneRules {
        try state.withLock { state in
            if let rules = state.rules, state.name == name { return rules }
            state.identity = Self.identity
            state.name = name
            let rules = try Self.read(name)
            state.rules = rules
            return rules
        }
    }

    /// The new zone's name when the system's has changed since the last look; only where no zone is set.
    func change() throws -> String? {
        try state.withLock { state in
            guard state.name == nil, let before = state.rules, state.identity != Self.identity else { return nil }
            state.identity = Self.identity
            LocalZone.refresh()
            let rules = try Self.read(nil)
            state.rules = rules
            return rules == before ? nil : rules.name
        }
    }

    private static func read(_ name: String?) throws -> ZoneRules {
        try name.map(ZoneRules.named) ?? .ofSystem()
    }

    /// Of what names the system's zone.
    private static var identity: FileStatus? { try? Files.status("/etc/localtime") }
}
