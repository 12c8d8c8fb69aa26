package import Model

/// What a route needs its caller to be allowed. Every route names exactly one.
package enum Privilege: String, Sendable, CaseIterable {
    /// Granted to everybody who may connect at all.
    case identify
    case viewStatus = "view-status"
    case viewClients = "view-clients"
    case disconnectClients = "disconnect-clients"
    case messageClients = "message-clients"
    case closeDatabases = "close-databases"
    case backUp = "back-up"
    case viewBackups = "view-backups"
    case keepBackups = "keep-backups"
    case deleteBackups = "delete-backups"
    case download
    case restore
    case verify
    case viewRuns = "view-runs"
    case cancelRuns = "cancel-runs"
    case viewSchedules = "view-schedules"
    case manageSchedules = "manage-schedules"
    case runSchedules = "run-schedules"
    case viewRetention = "view-retention"
    case manageRetention = "manage-retention"
    case prune
    case confirmClock = "confirm-clock"
    case adoptDatabases = "adopt-databases"
    case viewMaintenance = "view-maintenance"
    case manageMaintenance = "manage-maintenance"
    case runMaintenance = "run-maintenance"
    case viewMessages = "view-messages"
    case acknowledgeMessages = "acknowledge-messages"
    case viewRepository = "view-repository"
    case checkRepository = "check-repository"
    case manageKeys = "manage-keys"
    case viewSettings = "view-settings"
    case reloadSettings = "reload-settings"
}

/// Decides what a caller may do; what isn't granted is denied.
package protocol Grants: Sendable {
    func privileges(of actor: Actor) async throws -> Set<Privilege>
}

/// Everybody whom the socket's mode lets in may do everything.
package struct FullAccess: Grants {
    package init() {}

    package func privileges(of actor: Actor) -> Set<Privilege> { Set(Privilege.allCases) }
}
