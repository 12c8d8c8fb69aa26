/// What an examination found in one place: what would make the next run fail, or that nothing would.
package struct Symptom: Sendable, Codable, Equatable {
    package enum Verdict: String, Sendable, Codable, CaseIterable {
        case good
        case warning
        case problem
    }

    /// What was looked at, such as `repository`, or a database by name.
    package var subject: String
    package var verdict: Verdict
    package var message: String
    /// How to mend it.
    package var hint: String?

    package init(_ subject: String, _ verdict: Verdict, _ message: String, hint: String? = nil) {
        self.subject = subject
        self.verdict = verdict
        self.message = message
        self.hint = hint
    }
}
