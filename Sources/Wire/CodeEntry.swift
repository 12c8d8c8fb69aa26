package import Model

/// A row of the table of codes.
package struct CodeEntry: Sendable, Codable, Equatable {
    package var code: Code
    /// What it means.
    package var cause: String
    package var nextStep: String
    /// Of a command that ends with it.
    package var exitStatus: Int32
    package var httpStatus: Int
    /// `MESSAGE_ID` in the systemd journal.
    package var journalId: String

    package init(_ code: Code) {
        self.code = code
        cause = code.explanation.cause
        nextStep = code.explanation.nextStep
        exitStatus = code.exitStatus
        httpStatus = code.httpStatus
        journalId = code.journalID
    }
}
