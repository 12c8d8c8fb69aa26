internal import Model
internal import Wire

/// One entry of the table: what is called how, what it needs, and who answers.
package struct Route: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    /// A parameter after the `?`.
    struct Parameter: Sendable {
        let name: String
        let schema: Schema
        let note: String

        init(_ name: String, _ schema: Schema, _ note: String) {
            self.name = name
            self.schema = schema
            self.note = note
        }
    }

    /// What a good answer looks like, for the description of the API.
    enum Answer: Sendable {
        case document(Schema)
        /// 202: work goes on; `Location` names where to look.
        case accepted(Schema)
        /// Documents, or with `follow=1` server-sent events of `event`.
        case followable(Schema, event: Schema)
        case file
    }

    package let method: Method
    /// Steps in braces stand for one step of any text: `/v1/backups/{id}`.
    package let path: String
    package let privilege: Privilege
    let summary: String
    let parameters: [Parameter]
    let body: Schema?
    let answer: Answer
    let answering: @Sendable (Call) async throws -> Reply

    init(
        _ method: Method, _ path: String, _ privilege: Privilege, _ summary: String, parameters: [Parameter] = [],
        body: Schema? = nil, answer: Answer, answering: @escaping @Sendable (Call) async throws -> Reply
    ) {
        self.method = method
        self.path = path
        self.privilege = privilege
        self.summary = summary
        self.parameters = parameters
        self.body = body
        self.answer = answer
        self.answering = answering
    }

    /// The texts of the steps in braces by name; nil when the path is another.
    func match(_ steps: [String]) -> [String: String]? {
        let own = path.split(separator: "/")
        guard own.count == steps.count else { return nil }
        var values: [String: String] = [:]
        for (expected, step) in zip(own, steps) {
            if expected.hasPrefix("{") {
                values[String(expected.dropFirst().dropLast())] = step
            } else if expected != step {
                return nil
            }
        }
        return values
    }
}
