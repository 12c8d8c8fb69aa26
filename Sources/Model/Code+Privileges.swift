/// Explanations of the codes of the root helper.
extension Code.Explanation {
    static let rightUsed = Self(
        "The root helper did, or tried to do, what the daemon asked of it; the journal has who asked and what came of it.",
        next: "Nothing, unless the outcome says that it failed.")
    static let rightRefused = Self(
        "The root helper was asked for something that root's settings don't allow, and did nothing.",
        next: "Have root name the unit, folder or command in the settings if it is meant to be; else see who asked.")
    static let helperFailed = Self(
        "The root helper can't be reached, ended before it answered, or took too long.",
        next: "See `journalctl -u 'holdfast-helper@*'`; `systemctl restart holdfast-helper.socket` opens it anew.")
}
