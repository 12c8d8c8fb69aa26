package import Model

/// Position of a message in the message center; grows, never used twice.
package typealias MessageID = Int64

/// An entry of the message center.
package struct Message: Sendable, Equatable {
    package let id: MessageID
    package let instant: Instant
    package let content: MessageDraft
    package let acknowledgement: Acknowledgement?

    package var severity: Severity { content.severity }
    package var code: Code { content.code }
    package var database: DatabaseName? { content.database }
    package var run: RunID? { content.run }
    package var actor: Actor { content.actor }
    package var text: String { content.text }
    package var cause: String? { content.cause }
    package var hint: String? { content.hint }

    /// Who has seen to a message, and when.
    package struct Acknowledgement: Sendable, Equatable {
        package let actor: Actor
        package let instant: Instant
    }
}

/// A message before it is recorded.
package struct MessageDraft: Sendable, Equatable {
    package var severity: Severity
    package var code: Code
    /// One line, lower case, no full stop.
    package var text: String
    package var database: DatabaseName?
    package var run: RunID?
    package var actor: Actor
    package var cause: String?
    /// The next step.
    package var hint: String?

    package init(
        _ severity: Severity, _ code: Code, _ text: String, database: DatabaseName? = nil, run: RunID? = nil,
        actor: Actor = .daemon, cause: String? = nil, hint: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.text = text
        self.database = database
        self.run = run
        self.actor = actor
        self.cause = cause
        self.hint = hint
    }

    /// A fault as a message.
    package init(
        _ severity: Severity = .error, _ fault: Fault, database: DatabaseName? = nil, run: RunID? = nil,
        actor: Actor = .daemon
    ) {
        self.init(
            severity, fault.code, fault.message, database: database, run: run, actor: actor, cause: fault.cause,
            hint: fault.hint)
    }
}

extension Severity {
    /// Stored with each message: 0 info, 1 success, 2 warning, 3 error.
    package var rank: Int {
        switch self {
        case .info: 0
        case .success: 1
        case .warning: 2
        case .error: 3
        }
    }

    init(rank: Int) { self = [.info, .success, .warning][safe: rank] ?? .error }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
