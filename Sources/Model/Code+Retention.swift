/// Explanations of the codes of retention and the message center.
extension Code.Explanation {
    static let badRetention = Self(
        "A rule of retention is contradictory or outside the limits.",
        next: "Keep to the limits that the message names; root raises them with `retention.max_keep_days`.")
    static let retentionChanged = Self(
        "A rule of retention was changed.",
        next: "Nothing; `holdfast retention preview` shows what it would delete.")
    static let pruneStarted = Self(
        "Backups that retention has released are being deleted.",
        next: "Nothing.")
    static let pruneSucceeded = Self(
        "Backups that retention had released are deleted and their space is free.",
        next: "Nothing.")
    static let pruneFailed = Self(
        "Pruning ended early; no backup that is kept is affected.",
        next: "Mend the cause; the next one goes on where it ended.")
    static let pruneHeld = Self(
        "Nothing is deleted, for the reason that the message gives.",
        next: "Mend the reason, such as a clock in doubt.")
    static let failuresRepeated = Self(
        "The same failure came so often that only its first messages were shown; this one counts the others.",
        next: "See to the cause once; `holdfast messages show ID` lists the failures, `holdfast runs` each run.")
    static let messagesPruned = Self(
        "Messages older or more than `messages.keep_days` and `messages.keep_count` allow were deleted.",
        next: "Nothing; unacknowledged errors are kept twice as long.")
}
