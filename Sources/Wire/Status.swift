package import Model

/// The daemon's state at a glance.
package struct Status: Sendable, Codable, Equatable {
    /// One sentence for people, such as `all 12 databases can be restored to 10:00 or later, …`.
    package var sentence: String
    package var instant: Instant
    package var version: String
    package var databases: [Database]
    /// Absent while the repository can't be opened; `problems` then says why.
    package var repository: RepositorySpace?
    /// Runs that wait or work now, oldest first.
    package var runs: [Run]
    package var windows: [Window]
    /// What needs an admin, beyond the faults of single databases.
    package var problems: [ProblemObject]
    /// What a schedule does next.
    package var next: NextRun?
    /// Errors in the message center that nobody has acknowledged.
    package var unacknowledged: Int

    package init(
        sentence: String, instant: Instant, version: String, databases: [Database], repository: RepositorySpace? = nil,
        runs: [Run] = [], windows: [Window] = [], problems: [ProblemObject] = [],
        next: NextRun? = nil, unacknowledged: Int = 0
    ) {
        self.sentence = sentence
        self.instant = instant
        self.version = version
        self.databases = databases
        self.repository = repository
        self.runs = runs
        self.windows = windows
        self.problems = problems
        self.next = next
        self.unacknowledged = unacknowledged
    }
}

/// What a schedule does next.
package struct NextRun: Sendable, Codable, Equatable {
    package var schedule: String
    package var instant: Instant

    package init(schedule: String, instant: Instant) {
        self.schedule = schedule
        self.instant = instant
    }
}
