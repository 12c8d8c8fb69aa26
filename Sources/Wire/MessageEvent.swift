package import Model

/// What a follower of the message center gets.
package enum MessageEvent: Sendable, Equatable {
    /// First of all: the follower has everything up to here, and what comes is later.
    case position(MessageID)
    case message(Message)
    /// Messages up to this one that the follower had not got may have been deleted by retention.
    case pruned(PrunedNotice)
}

/// Tells a follower that resumed after a long time what it can't get any more.
package struct PrunedNotice: Sendable, Codable, Equatable {
    package var through: MessageID

    package init(through: MessageID) { self.through = through }
}

/// One of the failures that a `failures-repeated` message counts.
package struct RepeatedFailure: Sendable, Codable, Equatable {
    package var instant: Instant
    package var code: Code
    package var database: DatabaseName?
    package var run: String?
    package var text: String
    package var cause: String?

    package init(
        instant: Instant, code: Code, database: DatabaseName? = nil, run: String? = nil, text: String,
        cause: String? = nil
    ) {
        self.instant = instant
        self.code = code
        self.database = database
        self.run = run
        self.text = text
        self.cause = cause
    }
}

/// A message with all that is known of it.
package struct MessageDetail: Sendable, Codable, Equatable {
    package var message: Message
    /// What a message of the code means.
    package var meaning: String
    /// Of a `failures-repeated` message the first thousand.
    package var failures: [RepeatedFailure]

    package init(message: Message, failures: [RepeatedFailure] = []) {
        self.message = message
        meaning = message.code.explanation.cause
        self.failures = failures
    }
}
