import Model
import Scheduling
import Wire

/// The schedules that back something up, sorted by the servers that they may cover.
struct BackupSchedules {
    struct Next {
        var schedule: String
        var kind: BackupKind
        var instant: Instant
    }

    private let all: [Scheduling::ScheduleStatus]
    /// Of those with nothing but names of servers in their scope, by server; the others are looked at for every database.
    private var ofServers: [String: [Int]] = [:]
    private var others: [Int] = []

    init(_ statuses: [Scheduling::ScheduleStatus]) {
        all = statuses.filter { $0.schedule.action == .backup && $0.schedule.enabled }
        for (place, status) in all.enumerated() {
            let scope = status.schedule.scope
            if !scope.isEmpty, scope.allSatisfy({ !$0.hasSlash && !NameSelection.isPattern($0) }) {
                for server in Set(scope) { ofServers[server, default: []].append(place) }
            } else {
                others.append(place)
            }
        }
    }

    /// Those that cover a database.
    func covering(_ name: DatabaseName) -> [Scheduling::ScheduleStatus] {
        let byServer = (ofServers[name.server] ?? []).map { all[$0] }
        return byServer + others.map { all[$0] }.filter { NameSelection.covers($0.schedule.scope, name) }
    }

    /// What backs a database up next.
    func next(of name: DatabaseName) -> Next? {
        covering(name).compactMap { status in
            status.next.map {
                Next(schedule: status.schedule.name, kind: status.schedule.kind ?? .progressive, instant: $0)
            }
        }.min { ($0.instant, $0.kind.rawValue) < ($1.instant, $1.kind.rawValue) }
    }
}
