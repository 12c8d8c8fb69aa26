package import Model

/// What a policy wants people to read: the words of a message, without its time, number and place.
package struct Notice: Sendable, Hashable {
    package var severity: Severity
    package var code: Code
    /// One line, lower case, no full stop.
    package var text: String
    /// The next step.
    package var hint: String?

    package init(_ severity: Severity, _ code: Code, _ text: String, hint: String? = nil) {
        self.severity = severity
        self.code = code
        self.text = text
        self.hint = hint
    }
}
