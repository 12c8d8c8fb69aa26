internal import Model
internal import Wire

extension RouteTable {
    static let runs: [Route] = [
        Route(
            .get, "/v1/runs", .viewRuns, "What runs, ran and waits, newest first",
            parameters: [
                .init("database", .text, "only of this one"),
                .init("active", .boolean, "only those that wait or work"),
                .init("limit", .integer, "at most so many"),
            ],
            answer: .document(.list(of: Run.self))
        ) { call in
            let query = RunQuery(
                database: call.text("database"), active: try call.flag("active"), limit: try call.limit())
            return try .list(await call.service.runs(query, for: call.actor))
        },
        Route(
            .get, "/v1/runs/{id}", .viewRuns, "One run; with follow=1 each of its steps until it ends",
            parameters: [.init("follow", .boolean, "answer with server-sent events")],
            answer: .followable(.of(Run.self), event: .of(Run.self))
        ) { call in
            guard try call.flag("follow") else {
                return try .json(await call.service.run(call.step("id"), for: call.actor))
            }
            let stream = try await call.service.followRun(call.step("id"), for: call.actor)
            return .events(
                EventFeed(stream, lag: .skips) { run in
                    ServerEvent(name: "run", data: try WireCoding.encode(run))
                })
        },
        Route(
            .post, "/v1/runs/{id}/cancel", .cancelRuns, "End a run; what it made so far is dropped",
            answer: .document(.of(Run.self))
        ) { call in
            try .json(await call.service.cancelRun(call.step("id"), by: call.actor))
        },
    ]
}
