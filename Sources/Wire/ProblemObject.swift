package import Model

/// A fault as it crosses the wire: the body of every reply that is an error, and a field of what can fail by itself.
package struct ProblemObject: Sendable, Codable, Equatable {
    package var code: Code
    package var message: String
    package var hint: String?
    /// Facts for programs, keyed in snake_case.
    package var context: [String: String]?

    package init(code: Code, message: String, hint: String? = nil, context: [String: String]? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.context = context
    }
}

extension ProblemObject {
    package init(_ fault: Fault) {
        let text = fault.cause.map { "\(fault.message): \($0)" } ?? fault.message
        self.init(
            code: fault.code, message: text, hint: fault.hint, context: fault.context.isEmpty ? nil : fault.context)
    }

    package var fault: Fault { Fault(code, message, hint: hint, context: context ?? [:]) }
}
