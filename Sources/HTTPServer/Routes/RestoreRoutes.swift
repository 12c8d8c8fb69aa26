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
    ]
}
