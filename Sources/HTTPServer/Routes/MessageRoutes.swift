internal import Model
internal import Wire

extension RouteTable {
    static let messages: [Route] = [
        Route(
            .get, "/v1/messages", .viewMessages, "The message center, oldest first; with follow=1 also what comes",
            parameters: [
                .init("follow", .boolean, "answer with server-sent events, and go on with new messages"),
                .init("after", .text, "only messages after this id; the header Last-Event-ID does the same"),
                .init("since", .time, "only later ones"),
                .init("severity", .choice(Severity.allCases.map(\.rawValue)), "this severity and worse ones"),
                .init("database", .text, "only of this one"),
                .init("run", .text, "only of this run"),
                .init("unacknowledged", .boolean, "only those that nobody has acknowledged"),
                .init("limit", .integer, "the newest so many"),
            ],
            answer: .followable(.list(of: Message.self), event: .of(Message.self))
        ) { call in
            let query = try query(call)
            guard try call.flag("follow") else { return try .list(await call.service.messages(query, for: call.actor)) }
            let stream = try await call.service.followMessages(query, for: call.actor)
            return .events(
                EventFeed(stream, lag: .ends) { message in
                    ServerEvent(id: message.id.description, name: "message", data: try WireCoding.encode(message))
                })
        },
        Route(
            .post, "/v1/messages/acknowledge", .acknowledgeMessages, "Mark messages as seen",
            body: .of(AcknowledgeRequest.self), answer: .document(.list(of: Message.self))
        ) { call in
            let ids = try call.request(AcknowledgeRequest.self).ids
            return try .list(await call.service.acknowledge(ids, by: call.actor))
        },
    ]

    private static func query(_ call: Call) throws -> MessageQuery {
        let after = try call.read("after", "a message id") { MessageID($0) }
        return MessageQuery(
            after: after ?? call.lastEventID.flatMap { MessageID($0) }, since: try call.instant("since"),
            severity: try call.read("severity", "info, success, warning or error") { Severity(rawValue: $0) },
            database: call.text("database"), run: call.text("run"), unacknowledged: try call.flag("unacknowledged"),
            limit: try call.limit())
    }
}
