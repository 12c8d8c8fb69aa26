internal import Model
internal import Wire

extension RouteTable {
    static let describing: [Route] = [
        Route(
            .get, "/v1/openapi.json", .identify, "This description of the API", answer: .document(.anything)
        ) { _ in
            .document(OpenAPIDocument.bytes)
        },
        Route(
            .get, "/v1/whoami", .identify, "Who the caller is and what it may do",
            answer: .document(.of(Identity.self))
        ) { call in
            try .json(
                Identity(
                    actor: Principal(call.actor), privileges: call.privileges.map(\.rawValue).sorted(),
                    timeZone: call.service.timeZone, version: call.service.version))
        },
    ]

    static let statuses: [Route] = [
        Route(.get, "/v1/status", .viewStatus, "The daemon's state at a glance", answer: .document(.of(Status.self))) {
            call in try .json(await call.service.status(for: call.actor))
        },
        Route(
            .get, "/v1/examination", .viewStatus, "What would make the daemon's next runs fail, as only it can tell",
            answer: .document(.list(of: Symptom.self))
        ) { call in
            try .list(await call.service.examination(for: call.actor))
        },
    ]
}
