package import Model

/// Position of a message in the message center; later messages have greater ids. Written as a string in JSON.
package struct MessageID: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package var number: Int64

    package init(_ number: Int64) { self.number = number }

    package init?(_ text: String) {
        guard let number = Int64(text), number >= 0 else { return nil }
        self.number = number
    }

    package var description: String { String(number) }

    package static func < (left: MessageID, right: MessageID) -> Bool { left.number < right.number }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = MessageID(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a message id"))
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// An entry of the message center.
package struct Message: Sendable, Codable, Equatable {
    package var id: MessageID
    package var instant: Instant
    package var severity: Severity
    package var code: Code
    package var database: DatabaseName?
    package var run: String?
    package var actor: Principal
    package var text: String
    package var cause: String?
    /// What to do about it.
    package var nextStep: String?
    /// Of the run, while it works.
    package var progress: Progress?
    package var acknowledged: Instant?
    package var acknowledgedBy: Principal?

    package init(
        id: MessageID, instant: Instant, severity: Severity, code: Code, database: DatabaseName? = nil,
        run: String? = nil, actor: Principal, text: String, cause: String? = nil, nextStep: String? = nil,
        progress: Progress? = nil, acknowledged: Instant? = nil, acknowledgedBy: Principal? = nil
    ) {
        self.id = id
        self.instant = instant
        self.severity = severity
        self.code = code
        self.database = database
        self.run = run
        self.actor = actor
        self.text = text
        self.cause = cause
        self.nextStep = nextStep
        self.progress = progress
        self.acknowledged = acknowledged
        self.acknowledgedBy = acknowledgedBy
    }
}
