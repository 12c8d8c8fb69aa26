internal import Model
internal import Wire

extension RouteTable {
    static let retention: [Route] = [
        Route(
            .get, "/v1/retention", .viewRetention, "The rules by which backups are kept, of every place that says any",
            answer: .document(.list(of: RetentionEntry.self))
        ) { call in
            try .list(await call.service.retention(for: call.actor))
        },
        Route(
            .post, "/v1/retention", .manageRetention, "Change the rules of one place", body: .of(RetentionChange.self),
            answer: .document(.list(of: RetentionEntry.self))
        ) { call in
            try .list(await call.service.setRetention(try call.request(RetentionChange.self), by: call.actor))
        },
        Route(
            .get, "/v1/retention/preview", .viewRetention, "Exactly what a prune would do now, backup by backup",
            parameters: [
                .init("database", .text, "a name, a unique end of one, a server or a shell pattern; repeatable"),
                .init("now", .boolean, "as with prune: also what is in soft delete"),
                .init("confirmed", .boolean, "as with prune: however much it takes"),
            ], answer: .document(.list(of: RetentionPreview.self))
        ) { call in
            let request = PruneRequest(
                databases: call.texts("database"), now: try call.flag("now"), confirmed: try call.flag("confirmed"))
            return try .list(await call.service.previewRetention(request, for: call.actor))
        },
        Route(
            .post, "/v1/prune", .prune, "Delete what retention has released", body: .of(PruneRequest.self),
            answer: .accepted(.of(Run.self))
        ) { call in
            try .run(await call.service.prune(try call.request(PruneRequest.self), by: call.actor))
        },
        Route(
            .post, "/v1/clock/confirm", .confirmClock, "Say that the clock is right after it was in doubt",
            answer: .document(.of(Status.self))
        ) { call in
            try .json(await call.service.confirmClock(by: call.actor))
        },
        Route(
            .post, "/v1/adoptions", .adoptDatabases, "Make a database the continuation of one that is gone",
            body: .of(AdoptRequest.self), answer: .document(.of(Database.self))
        ) { call in
            try .json(await call.service.adopt(try call.request(AdoptRequest.self), by: call.actor))
        },
    ]
}
