import Model
import Petitions
import Platform
import Settings

/// Stopping and starting the units that use a server's databases.
extension Grant {
    func isActive(_ unit: String) throws -> Bool {
        if !stopped.holds([unit]) { try check([unit]) }
        return try systemd(.seconds(30)).isActive(unit)
    }

    func stop(_ units: [String], within limit: Duration) throws -> Answer {
        try check(units)
        try stopped.note(units)
        try systemd(limit).stop(units)
        return .done
    }

    func start(_ units: [String], within limit: Duration) throws -> Answer {
        if !stopped.holds(units) { try check(units) }
        do {
            try systemd(limit).start(units)
        } catch {
            // Those that run again although another one failed are no longer ours to start.
            for unit in units where (try? systemd(.seconds(30)).isActive(unit)) == true { try? stopped.forget([unit]) }
            throw error
        }
        try stopped.forget(units)
        return .done
    }

    private func check(_ units: [String]) throws {
        guard !units.isEmpty else { throw Fault(.rightRefused, "the request names no unit") }
        let allowed = Set(settings.servers.flatMap(\.units))
        guard let stranger = units.first(where: { !allowed.contains($0) }) else { return }
        throw Fault(
            .rightRefused, "the settings of no server name the unit \(SafeText.oneLine(stranger))",
            hint: "have root add it to the `units` of the server whose databases it uses")
    }

    private func systemd(_ limit: Duration) -> SystemUnits {
        SystemUnits(program: settings.systemctl, patience: limit, stop: isAbandoned)
    }
}
