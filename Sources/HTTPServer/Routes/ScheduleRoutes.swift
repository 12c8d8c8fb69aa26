internal import Model
internal import Wire

extension RouteTable {
    static let schedules: [Route] = [
        Route(
            .get, "/v1/schedules", .viewSchedules, "Schedules, what each did last and when it is due next",
            answer: .document(.list(of: ScheduleStatus.self))
        ) { call in
            try .list(await call.service.schedules(for: call.actor))
        },
        Route(
            .post, "/v1/schedules", .manageSchedules, "Add a schedule", body: .of(Schedule.self),
            answer: .document(.of(ScheduleStatus.self))
        ) { call in
            try .json(await call.service.addSchedule(try call.request(Schedule.self), by: call.actor))
        },
        Route(
            .get, "/v1/schedules/{name}", .viewSchedules, "One schedule with its history",
            answer: .document(.of(ScheduleStatus.self))
        ) { call in
            try .json(await call.service.schedule(call.step("name"), for: call.actor))
        },
        Route(
            .post, "/v1/schedules/{name}", .manageSchedules, "Replace a schedule, whole", body: .of(Schedule.self),
            answer: .document(.of(ScheduleStatus.self))
        ) { call in
            let schedule = try call.request(Schedule.self)
            return try .json(await call.service.changeSchedule(call.step("name"), to: schedule, by: call.actor))
        },
        Route(
            .delete, "/v1/schedules/{name}", .manageSchedules, "Remove a schedule; what it made stays",
            answer: .document(.of(ScheduleStatus.self))
        ) { call in
            try .json(await call.service.removeSchedule(call.step("name"), by: call.actor))
        },
        Route(
            .post, "/v1/schedules/{name}/enable", .manageSchedules, "Let it run from its next occurrence on",
            answer: .document(.of(ScheduleStatus.self))
        ) { call in
            try .json(await call.service.enableSchedule(call.step("name"), true, by: call.actor))
        },
        Route(
            .post, "/v1/schedules/{name}/disable", .manageSchedules, "Let it run no more",
            answer: .document(.of(ScheduleStatus.self))
        ) { call in
            try .json(await call.service.enableSchedule(call.step("name"), false, by: call.actor))
        },
        Route(
            .post, "/v1/schedules/{name}/run", .runSchedules, "Run it once, besides its occurrences",
            answer: .document(.of(ScheduleStatus.self))
        ) { call in
            try .json(await call.service.runSchedule(call.step("name"), by: call.actor))
        },
        Route(
            .post, "/v1/schedules/{name}/reset", .manageSchedules, "Let a default schedule follow the settings again",
            answer: .document(.of(ScheduleStatus.self))
        ) { call in
            try .json(await call.service.resetSchedule(call.step("name"), by: call.actor))
        },
        Route(
            .get, "/v1/occurrences", .viewSchedules, "When a schedule or an expression is due, with every shift noted",
            parameters: [
                .init("schedule", .text, "the name of a schedule"),
                .init("when", .text, "or an expression, such as `Sun 02:00` or `every 5m`"),
                .init("zone", .text, "the IANA zone of the expression; default: the daemon's"),
                .init("from", .time, "only later ones; default: now"),
                .init("count", .integer, "at most so many, 1 to 1000; default 10"),
            ], answer: .document(.list(of: PlannedOccurrence.self))
        ) { call in
            let count = try call.read("count", "a number from 1 to 1000") { text in
                Int(text).flatMap { (1...1000).contains($0) ? $0 : nil }
            }
            let query = OccurrenceQuery(
                schedule: call.text("schedule"), when: call.text("when"), zone: call.text("zone"),
                from: try call.instant("from"), count: count ?? 10)
            return try .list(await call.service.occurrences(query, for: call.actor))
        },
        Route(
            .get, "/v1/declaration", .viewSchedules, "Schedules and retention as one document",
            answer: .document(.of(Declaration.self))
        ) { call in
            try .json(await call.service.declaration(for: call.actor))
        },
        Route(
            .post, "/v1/declaration", .manageSchedules, "Make schedules and retention as the document says, or nothing",
            body: .of(ApplyRequest.self), answer: .document(.of(ApplyReply.self))
        ) { call in
            guard call.privileges.contains(.manageRetention) else {
                throw Fault(.notPermitted, "applying a declaration also needs the privilege manage-retention")
            }
            return try .json(await call.service.apply(try call.request(ApplyRequest.self), by: call.actor))
        },
    ]
}
