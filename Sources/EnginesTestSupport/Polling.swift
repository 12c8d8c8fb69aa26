/// Looks at what tells nobody when it changes, such as other processes and their files.
package enum Polling {
    package struct InVain: Error, CustomStringConvertible {
        package let description: String
    }

    /// Asks again and again until there is an answer.
    ///
    /// - Parameter fault: made of what was waited for, when `limit` is over.
    package static func eventually<Answer>(
        within limit: Duration = .seconds(30), _ what: @autoclosure () -> String,
        orThrow fault: (String) -> any Error = { InVain(description: $0) }, _ question: () async throws -> Answer?
    ) async throws -> Answer {
        let end = ContinuousClock.now + limit
        var pause = Duration.milliseconds(1)
        while true {
            if let answer = try await question() { return answer }
            guard ContinuousClock.now < end else { throw fault("waited \(limit) in vain for \(what())") }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(20))
        }
    }

    /// As `eventually` for a condition.
    package static func until(
        within limit: Duration = .seconds(30), _ what: @autoclosure () -> String, _ condition: () async throws -> Bool
    ) async throws {
        _ = try await eventually(within: limit, what()) { try await condition() ? true : nil }
    }
}
