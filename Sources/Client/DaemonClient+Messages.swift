internal import Model
internal import NIOHTTP1
package import Wire

extension DaemonClient {
    package func messages(_ query: MessageQuery) async throws -> [Message] {
        try await items(Message.self, messageRequest(query))
    }

    package func message(_ id: MessageID) async throws -> MessageDetail {
        try await value(MessageDetail.self, ClientRequest(.GET, "messages", id.description))
    }

    package func acknowledge(_ ids: [MessageID]) async throws -> [Message] {
        try await items(Message.self, post(AcknowledgeRequest(ids: ids), "messages", "acknowledge"))
    }

    package func acknowledgeAll(_ query: MessageQuery) async throws -> AcknowledgeReply {
        try await value(AcknowledgeReply.self, post(query, "messages", "acknowledge-all"))
    }

    func messageRequest(_ query: MessageQuery) -> ClientRequest {
        var request = ClientRequest(.GET, "messages")
        func add(_ name: String, _ value: String?) {
            if let value { request.query.append((name, value)) }
        }
        add("after", query.after?.description)
        add("before", query.before?.description)
        add("since", query.since?.rfc3339())
        add("until", query.until?.rfc3339())
        add("severity", query.severity?.rawValue)
        for database in query.databases { add("database", database) }
        for code in query.codes { add("code", code.rawValue) }
        add("run", query.run)
        if query.unacknowledged { add("unacknowledged", "1") }
        add("limit", query.limit.map { String($0) })
        return request
    }
}
