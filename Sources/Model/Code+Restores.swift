/// Explanations of the codes of restores and proofs.
extension Code.Explanation {
    static let restoreStarted = Self(
        "A restore has begun.",
        next: "Nothing; `holdfast runs` shows how far it is.")
    static let restoreSucceeded = Self(
        "A restore has written and checked its file.",
        next: "Nothing; after one in place, remove the replaced file with --discard-replaced when all is well.")
    static let restoreFailed = Self(
        "A restore ended without result; what was there before is as it was.",
        next: "Mend the cause and ask again.")
    static let restoreUndone = Self(
        "A restore in place was cut off in the middle; the file from before is back.",
        next: "Ask for the restore again.")
    static let replacedDiscarded = Self(
        "The file that a restore in place had replaced was deleted.",
        next: "Nothing.")
    static let targetExists = Self(
        "The place that a restore or a download should write to is taken, maybe by a journal beside it.",
        next: "Name another place, or move away what is there.")
    static let targetNotAllowed = Self(
        "A restore should write outside the folders that the settings allow, or where the daemon may not write.",
        next: "Name a folder below `restore_roots` that the daemon's user and unit may write to, or have root do it.")
    static let verifyStarted = Self(
        "A verification has begun.",
        next: "Nothing; `holdfast runs` shows how far it is.")
    static let verifySucceeded = Self(
        "Everything that was checked is as it was stored.",
        next: "Nothing.")
    static let verifyFailed = Self(
        "A verification found damage, or could not be carried out.",
        next: "`holdfast verify DB` names the affected backups; the next full backup stores anew what the "
            + "database still has.")
    static let drillStarted = Self(
        "A trial restore has begun.",
        next: "Nothing.")
    static let drillSucceeded = Self(
        "A backup was restored and passed the engine's own check: it is proven.",
        next: "Nothing.")
    static let drillFailed = Self(
        "A trial restore failed: the backup is not proven.",
        next: "See the cause, run `holdfast verify DB --level restore` on earlier backups, and make a full backup.")
}
