package import Model

/// Which messages, in which order; all conditions must hold.
package struct MessageQuery: Sendable {
    package enum Order: Sendable {
        case oldestFirst
        case newestFirst
    }

    package var after: MessageID?
    package var through: MessageID?
    package var since: Instant?
    /// Later ones are left out.
    package var until: Instant?
    package var atLeast: Severity?
    /// Empty means messages of any database and of none.
    package var databases: [DatabaseName]
    /// Empty means any.
    package var codes: [Code]
    package var run: RunID?
    package var unacknowledgedOnly: Bool
    package var order: Order
    package var limit: Int

    package init(
        after: MessageID? = nil, through: MessageID? = nil, since: Instant? = nil, until: Instant? = nil,
        atLeast: Severity? = nil, databases: [DatabaseName] = [], codes: [Code] = [], run: RunID? = nil,
        unacknowledgedOnly: Bool = false, order: Order = .oldestFirst, limit: Int = 500
    ) {
        self.after = after
        self.through = through
        self.since = since
        self.until = until
        self.atLeast = atLeast
        self.databases = databases
        self.codes = codes
        self.run = run
        self.unacknowledgedOnly = unacknowledgedOnly
        self.order = order
        self.limit = limit
    }

    /// Whether a message that just happened belongs to the answer, whatever the limit.
    package func matches(_ message: Message) -> Bool {
        (after.map { message.id > $0 } ?? true)
            && (through.map { message.id <= $0 } ?? true)
            && (since.map { message.instant >= $0 } ?? true)
            && (until.map { message.instant <= $0 } ?? true)
            && (atLeast.map { message.severity.rank >= $0.rank } ?? true)
            && (databases.isEmpty || message.database.map(databases.contains) ?? false)
            && (codes.isEmpty || codes.contains(message.code))
            && (run.map { message.run == $0 } ?? true)
            && (!unacknowledgedOnly || message.acknowledgement == nil)
    }
}
