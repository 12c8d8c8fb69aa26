import Model
import Policies
import Settings

extension DaemonSettings {
    /// The schedules that follow the settings: for each server a daily full and progressive backups, and for everything a
    /// weekly drill and a prune. What is off isn't among them.
    var defaultSchedules: [Schedule] {
        servers.flatMap(Self.schedules)
            + [
                drillAt.map {
                    Schedule(
                        name: "drill", action: .drill, when: $0, spreadSeconds: 1800, attempts: 2, retrySeconds: 600,
                        source: .settings)
                },
                pruneAt.map { Schedule(name: "prune", action: .prune, when: $0, source: .settings) },
            ].compactMap { $0 }
    }

    private static func schedules(of server: ServerSettings) -> [Schedule] {
        [
            server.full.map {
                Schedule(
                    name: "\(server.name)-full", action: .backup, when: $0, scope: [server.name], source: .settings,
                    kind: .full)
            },
            server.progressive.map {
                Schedule(
                    name: "\(server.name)-progressive", action: .backup, when: "every \(DurationText.text($0))",
                    attempts: 1, scope: [server.name], source: .settings, kind: .progressive)
            },
        ].compactMap { $0 }
    }
}
