import Petitions
import Platform
import Settings

/// Stops and starts the units of servers: through the root helper, or where there is none by systemd's own program, which
/// needs the right to.
struct ServerUnits {
    private let port: RootPort?
    private let systemd: SystemUnits
    private let patience: Duration
    private let stop: @Sendable () -> Bool

    /// - Parameters:
    ///   - patience: what one call may take: units have 90 seconds to stop by default.
    ///   - stop: asked several times a second; true ends the call, not what systemd does.
    init(_ host: Host, patience: Duration = .seconds(120), stop: @escaping @Sendable () -> Bool = { false }) {
        port = host.rootPort
        systemd = SystemUnits(program: host.settings.systemctl, patience: patience, stop: stop)
        self.patience = patience
        self.stop = stop
    }

    func isActive(_ unit: String) throws -> Bool {
        try port.map { try $0.isActive(unit) } ?? systemd.isActive(unit)
    }

    func stop(_ units: [String]) throws {
        if let port { try port.stop(units, within: patience, stop: stop) } else { try systemd.stop(units) }
    }

    func start(_ units: [String]) throws {
        if let port { try port.start(units, within: patience) } else { try systemd.start(units) }
    }
}
