internal import Model
internal import Wire

extension RouteTable {
    static let restores: [Route] = [
        Route(
            .post, "/v1/restores", .restore, "Restore beside or in place", body: .of(RestoreRequest.self),
            answer: .accepted(.of(Run.self))
        ) { call in
            try .run(await call.service.restore(try call.request(RestoreRequest.self), by: call.actor))
        },
        Route(
            .post, "/v1/verifications", .verify, "Check what is stored", body: .of(VerifyRequest.self),
            answer: .accepted(.of(Run.self))
        ) { call in
            try .run(await call.service.verify(try call.request(VerifyRequest.self), by: call.actor))
        },
        Route(
            .post, "/v1/drills", .verify, "Restore the newest backups on trial, and prove them so",
            body: .of(DrillRequest.self), answer: .accepted(.of(DrillReply.self))
        ) { call in
            let reply = try await call.service.drill(try call.request(DrillRequest.self), by: call.actor)
            let location = reply.runs.count == 1 ? "/v1/runs/\(reply.runs[0].id)" : "/v1/runs"
            return .accepted(try WireCoding.encode(reply), location: location)
        },
    ]
}
