package import Model
internal import NIOHTTP1
package import Wire

extension DaemonClient {
    package func maintenance() async throws -> [MaintenanceStatus] {
        try await items(MaintenanceStatus.self, ClientRequest(.GET, "maintenance"))
    }

    package func maintenance(of server: String) async throws -> MaintenanceStatus {
        try await value(MaintenanceStatus.self, ClientRequest(.GET, "maintenance", server))
    }

    /// - Parameter from: nil is now.
    package func previewMaintenance(
        of server: String, from: Instant? = nil, count: Int
    ) async throws -> [PlannedWindow] {
        var request = ClientRequest(.GET, "maintenance", server, "windows")
        request.query = [("count", String(count))]
        if let from { request.query.append(("from", from.rfc3339())) }
        return try await items(PlannedWindow.self, request)
    }

    package func setMaintenance(_ rule: MaintenanceRule, of server: String) async throws -> MaintenanceStatus {
        try await value(MaintenanceStatus.self, post(rule, "maintenance", server))
    }

    /// - Parameter kind: nil for both windows.
    package func enableMaintenance(
        _ enabled: Bool, of server: String, kind: MaintenanceKind?
    ) async throws -> MaintenanceStatus {
        try await act(enabled ? "enable" : "disable", server, kind)
    }

    package func runMaintenance(_ kind: MaintenanceKind, of server: String) async throws -> MaintenanceStatus {
        try await act("run", server, kind)
    }

    package func abortMaintenance(of server: String) async throws -> MaintenanceStatus {
        try await value(MaintenanceStatus.self, ClientRequest(.POST, "maintenance", server, "abort"))
    }

    private func act(_ verb: String, _ server: String, _ kind: MaintenanceKind?) async throws -> MaintenanceStatus {
        var request = ClientRequest(.POST, "maintenance", server, verb)
        request.body = try WireCoding.encode(MaintenanceChoice(kind: kind))
        return try await value(MaintenanceStatus.self, request)
    }
}
