/// The one error that crosses targets: what failed, on which object, what to do.
///
/// `message` is lower case without a full stop and names the object; `hint` is the remedy. Neither ever holds a secret,
/// a row or the content of a file.
package struct Fault: Error, Sendable, Equatable {
    package var code: Code
    package var message: String
    package var hint: String?
    /// Facts for programs, such as `retry_after_seconds`, keyed in snake_case.
    package var context: [String: String]
    /// The message of the fault underneath, if any.
    package var cause: String?

    package init(
        _ code: Code, _ message: String, hint: String? = nil, context: [String: String] = [:], cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.context = context
        self.cause = cause.map { Fault.describe($0) }
    }

    /// Any error as a fault; one that is not ours yet becomes `internal-error`.
    package static func wrapping(_ error: any Error) -> Fault {
        (error as? Fault) ?? Fault(.internalError, "unexpected error: \(describe(error))")
    }

    private static func describe(_ error: any Error) -> String {
        (error as? Fault)?.description ?? String(describing: error)
    }
}

extension Fault: CustomStringConvertible {
    /// `cannot open repository: no key matches [no-key-matches]`, the text of CLI.md without the program's name.
    package var description: String {
        let text = cause.map { "\(message): \($0)" } ?? message
        return text.hasSuffix("[\(code.rawValue)]") ? text : "\(text) [\(code.rawValue)]"
    }
}
