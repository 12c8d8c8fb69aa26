/// Explanations of the codes of servers' write-ahead logs.
extension Code.Explanation {
    static let logFollowed = Self(
        "The log of a server is received as it is written: from here on it can be restored to any point in time.",
        next: "Nothing.")
    static let logFailed = Self(
        "The log of a server can't be received at present; the server keeps what is missing, up to the limit of its "
            + "slot.",
        next: "Follow the hint; receiving goes on by itself, without a gap as long as the server still has the log.")
    static let logGap = Self(
        "A part of a server's log is lost: the server no longer has it, and nothing was received of it.",
        next: "Nothing for the future: a full backup is made at once. Points in time between the last backup before "
            + "the gap and the next one can't be restored.")
    static let logDiffers = Self(
        "The server has other bytes than were received of the same place of its log: it is another server, or went "
            + "back in time.",
        next: "See that `connection` names the right server; a full backup is made at once, and the log is received "
            + "anew.")
    static let logLag = Self(
        "Much of a server's log waits to be received; the server keeps it for us, on its own disk.",
        next: "See whether the repository's disk is slow or full; past max_slot_wal_keep_size the log is lost.")
    static let slotUnlimited = Self(
        "The server would keep its log for us without limit, so that a daemon that is down would fill its disk.",
        next: "Set `max_slot_wal_keep_size` on the server, or `slot_limit` in the server's settings.")
    static let targetNotReached = Self(
        "What is to be restored lies outside of the backups and the log received after them.",
        next: "Choose a time within the range that the message gives.")
    static let logDamaged = Self(
        "A stored part of a server's log can't be read or is not authentic.",
        next: "Backups are not affected, but points in time after it, up to the next backup, are; make a full backup.")
}
