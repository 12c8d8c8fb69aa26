/// Explanations of the codes of the repository.
extension Code.Explanation {
    static let repositoryCreated = Self(
        "A new repository was made.",
        next: "Store its recovery key somewhere else than the repository.")
    static let repositoryMissing = Self(
        "There is no repository in that folder.",
        next: "Mount its file system, or correct `repository.path`; where there was none, `holdfast setup` makes it.")
    static let repositoryExists = Self(
        "There is a repository in that folder already.",
        next: "Use it, or choose another folder.")
    static let repositoryDamaged = Self(
        "The repository's own description can't be read or is not authentic.",
        next: "Restore `repository.json` and `keys` from a copy of the repository.")
    static let repositoryTooNew = Self(
        "An object was written by a newer release, or its version is damaged.",
        next: "Install that release; run `holdfast repository check` when there is none.")
    static let repositoryReadOnly = Self(
        "The repository's file system is mounted read-only.",
        next: "Mount it read-write; see `dmesg` for why it is not.")
    static let repositoryInUse = Self(
        "Another daemon or command writes to the repository.",
        next: "Wait for it or end it; only one may write.")
    static let packDamaged = Self(
        "Stored data can't be read or is not authentic.",
        next: "Run `holdfast verify` to list the affected backups; the next full backup stores anew what is still "
            + "there.")
    static let pointDamaged = Self(
        "The record of a backup can't be read or is not authentic.",
        next: "Run `holdfast verify`; other backups are not affected.")
    static let mapDamaged = Self(
        "An index of the repository can't be read; it is rebuilt from what it was made of.",
        next: "Nothing if `map-rebuilt` follows; otherwise run `holdfast repository check`.")
    static let mapRebuilt = Self(
        "A damaged or missing index was rebuilt.",
        next: "Look for the cause of the damage, such as errors of the disk.")
    static let noKeyMatches = Self(
        "None of the repository's keys fits the key file, passphrase or recovery words.",
        next: "Use another key; `holdfast repository keys list` names them.")
    static let keyDamaged = Self(
        "A key of the repository can't be read or is not authentic.",
        next: "Use another key, remove the damaged one and add it anew.")
    static let lastKey = Self(
        "The only key of a repository can't be removed: nobody could open it then.",
        next: "Add another key first.")
    static let keyAdded = Self(
        "A key was added to the repository.",
        next: "Nothing if it was meant to be; the message names the actor.")
    static let keyRemoved = Self(
        "A key was removed; it opens the repository no longer.",
        next: "Nothing; whoever copied key and repository before can still read the copy.")
    static let sequenceTaken = Self(
        "Another writer stored a backup under the same number first.",
        next: "Nothing; the backup is made again by itself.")
}
