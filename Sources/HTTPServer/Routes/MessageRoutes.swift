internal import Model
internal import Wire

extension RouteTable {
    static let messages: [Route] = [
        Route(
            .get, "/v1/messages", .viewMessages, "The message center, oldest first; with follow=1 also what comes",
            parameters: [
                .init("follow", .boolean, "answer with server-sent events, and go on with new messages"),
                .init("after", .text, "only messages after this id; the header Last-Event-ID does the same"),
                .init("before", .text, "only messages before this id"),
                .init("since", .time, "only later ones"),
                .init("until", .time, "only earlier ones"),
                .init("severity", .choice(Severity.allCases.map(\.rawValue)), "this severity and worse ones"),
                .init("database", .text, "only of this one, server or pattern; may be given several times"),
                .init("code", .choice(Code.allCases.map(\.rawValue)), "only this code; may be given several times"),
                .init("run", .text, "only of this run"),
                .init("unacknowledged", .boolean, "only those that nobody has acknowledged"),
                .init(
                    "limit", .integer,
                    "the newest so many, with after the next so many; 1000 unless said, at most 10000"),
            ],
            answer: .followable(.list(of: Message.self), event: .of(Message.self))
        ) { call in
            let query = try query(call)
            guard try call.flag("follow") else { return try .list(await call.service.messages(query, for: call.actor)) }
            let stream = try await call.service.followMessages(query, for: call.actor)
            return .events(
                EventFeed(stream, lag: .ends) { event in
                    switch event {
                    // Without data nothing is dispatched, but a reader that breaks off before the first message resumes here.
                    case .position(let id): ServerEvent(id: id.description, name: "position", data: [])
                    case .message(let message):
                        ServerEvent(id: message.id.description, name: "message", data: try WireCoding.encode(message))
                    case .pruned(let notice): ServerEvent(name: "pruned", data: try WireCoding.encode(notice))
                    }
                })
        },
        Route(
            .get, "/v1/messages/{id}", .viewMessages,
            "One message with what it means and, if it counts failures, these",
            answer: .document(.of(MessageDetail.self))
        ) { call in
            guard let id = MessageID(call.step("id")) else { throw Fault(.notFound, "no message \(call.step("id"))") }
            return try .json(await call.service.message(id, for: call.actor))
        },
        Route(
            .post, "/v1/messages/acknowledge", .acknowledgeMessages, "Mark messages as seen",
            body: .of(AcknowledgeRequest.self), answer: .document(.list(of: Message.self))
        ) { call in
            let ids = try call.request(AcknowledgeRequest.self).ids
            return try .list(await call.service.acknowledge(ids, by: call.actor))
        },
        Route(
            .post, "/v1/messages/acknowledge-all", .acknowledgeMessages, "Mark all messages of a query as seen",
            body: .of(MessageQuery.self), answer: .document(.of(AcknowledgeReply.self))
        ) { call in
            try .json(await call.service.acknowledgeAll(call.request(MessageQuery.self), by: call.actor))
        },
    ]

    private static func codes(_ call: Call) throws -> [Code] {
        try call.texts("code").map { text in
            guard let code = Code(rawValue: text) else {
                throw Fault(.wrongUsage, "there is no code \(text)", hint: "`holdfast messages codes` lists them")
            }
            return code
        }
    }

    private static func query(_ call: Call) throws -> MessageQuery {
        let after = try call.read("after", "a message id") { MessageID($0) }
        return MessageQuery(
            after: after ?? call.lastEventID.flatMap { MessageID($0) },
            before: try call.read("before", "a message id") { MessageID($0) }, since: try call.instant("since"),
            until: try call.instant("until"),
            severity: try call.read("severity", "info, success, warning or error") { Severity(rawValue: $0) },
            databases: call.texts("database"), codes: try codes(call), run: call.text("run"),
            unacknowledged: try call.flag("unacknowledged"),
            limit: try call.limit())
    }
}
