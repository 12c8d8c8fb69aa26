internal import Model
internal import Wire

extension RouteTable {
    static let maintenance: [Route] = [
        Route(
            .get, "/v1/maintenance", .viewMaintenance, "The maintenance windows of every server",
            answer: .document(.list(of: MaintenanceStatus.self))
        ) { call in
            try .list(await call.service.maintenance(for: call.actor))
        },
        Route(
            .get, "/v1/maintenance/{server}", .viewMaintenance, "Of one server, with what became of its last windows",
            answer: .document(.of(MaintenanceStatus.self))
        ) { call in
            try .json(await call.service.maintenance(of: call.step("server"), for: call.actor))
        },
        Route(
            .get, "/v1/maintenance/{server}/windows", .viewMaintenance, "When its next windows come",
            parameters: [
                .init("from", .time, "only later ones; default: now"),
                .init("count", .integer, "how many, 1 to 100; default 10"),
            ],
            answer: .document(.list(of: PlannedWindow.self))
        ) { call in
            let count = try call.read("count", "a number from 1 to 100") { Int($0) } ?? 10
            return try .list(
                await call.service.previewMaintenance(
                    of: call.step("server"), from: call.instant("from"), count: count, for: call.actor))
        },
        Route(
            .post, "/v1/maintenance/{server}", .manageMaintenance, "Set one of its windows",
            body: .of(MaintenanceRule.self), answer: .document(.of(MaintenanceStatus.self))
        ) { call in
            let rule = try call.request(MaintenanceRule.self)
            return try .json(await call.service.setMaintenance(rule, of: call.step("server"), by: call.actor))
        },
        Route(
            .post, "/v1/maintenance/{server}/enable", .manageMaintenance, "Let its windows come",
            body: .of(MaintenanceChoice.self), answer: .document(.of(MaintenanceStatus.self))
        ) { call in
            try .json(await switchWindows(call, on: true))
        },
        Route(
            .post, "/v1/maintenance/{server}/disable", .manageMaintenance,
            "Let its windows come no more; one under way goes on", body: .of(MaintenanceChoice.self),
            answer: .document(.of(MaintenanceStatus.self))
        ) { call in
            try .json(await switchWindows(call, on: false))
        },
        Route(
            .post, "/v1/maintenance/{server}/run", .runMaintenance, "Begin a window now",
            body: .of(MaintenanceChoice.self), answer: .document(.of(MaintenanceStatus.self))
        ) { call in
            let kind = try call.request(MaintenanceChoice.self).kind ?? .weekly
            return try .json(await call.service.runMaintenance(kind, of: call.step("server"), by: call.actor))
        },
        Route(
            .post, "/v1/maintenance/{server}/abort", .runMaintenance, "End the window under way: everything reopens",
            answer: .document(.of(MaintenanceStatus.self))
        ) { call in
            try .json(await call.service.abortMaintenance(of: call.step("server"), by: call.actor))
        },
    ]

    private static func switchWindows(_ call: Call, on isOn: Bool) async throws -> MaintenanceStatus {
        let kind = try call.request(MaintenanceChoice.self).kind
        return try await call.service.enableMaintenance(
            isOn, of: call.step("server"), kinds: kind.map { [$0] } ?? MaintenanceKind.allCases, by: call.actor)
    }
}
