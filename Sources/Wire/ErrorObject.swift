package import Model

/// What `--json` prints on standard error: `{"error":{"code","message","hint"}}`.
package struct ErrorObject: Sendable, Codable, Equatable {
    package var error: ProblemObject

    package init(error: ProblemObject) {
        self.error = error
    }
}

extension ErrorObject {
    package init(_ fault: Fault) { self.init(error: ProblemObject(fault)) }
}
