package import Platform
package import Wire

/// What the root helper answers.
package enum Answer: Codable, Sendable, Equatable {
    case done
    case state(isActive: Bool)
    /// Files that nobody has open are missing.
    case holders(found: [HeldFile])
    /// How a program ended, and the end of what it printed.
    case ended(how: ChildProcess.Result)
    /// Not done, or not done whole.
    case refused(problem: ProblemObject)
}

/// A file and the processes that have it open.
package struct HeldFile: Codable, Sendable, Equatable {
    /// As it was asked for.
    package var path: String
    package var holders: [FileHolder]

    package init(path: String, holders: [FileHolder]) {
        self.path = path
        self.holders = holders
    }
}
