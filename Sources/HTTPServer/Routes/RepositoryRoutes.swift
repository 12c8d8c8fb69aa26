internal import Model
internal import Wire

extension RouteTable {
    static let repository: [Route] = [
        Route(
            .get, "/v1/repository/space", .viewRepository, "The room that the repository takes and has left",
            answer: .document(.of(RepositorySpace.self))
        ) { call in
            try .json(await call.service.repositorySpace(for: call.actor))
        },
        Route(
            .post, "/v1/repository/check", .checkRepository, "Check the repository's objects against each other",
            answer: .document(.of(RepositoryCheck.self))
        ) { call in
            try .json(await call.service.checkRepository(by: call.actor))
        },
        Route(
            .get, "/v1/repository/keys", .viewRepository, "The ways to open the repository, without secrets",
            answer: .document(.list(of: KeySlot.self))
        ) { call in
            try .list(await call.service.keys(for: call.actor))
        },
        Route(
            .post, "/v1/repository/keys", .manageKeys, "Add a way to open the repository", body: .of(KeyRequest.self),
            answer: .document(.of(KeyReply.self))
        ) { call in
            try .json(await call.service.addKey(try call.request(KeyRequest.self), by: call.actor))
        },
        Route(
            .delete, "/v1/repository/keys/{slot}", .manageKeys, "Remove a way to open the repository, never the last",
            answer: .document(.of(KeySlot.self))
        ) { call in
            try .json(await call.service.removeKey(call.step("slot"), by: call.actor))
        },
    ]
}
