/// Explanations of the codes of backups.
extension Code.Explanation {
    static let backupStarted = Self(
        "A backup has begun.",
        next: "Nothing; `holdfast messages --follow` shows how far it is.")
    static let backupSucceeded = Self(
        "A backup is stored and durable.",
        next: "Nothing.")
    static let backupFailed = Self(
        "A backup ended without a recovery point; the cause says why. Earlier backups are not touched.",
        next: "Mend the cause; the next scheduled backup tries by itself, `holdfast backup DB` tries now.")
    static let backupSkipped = Self(
        "A backup was not made, for the reason that the message gives.",
        next: "Mend the reason if it is none that was intended.")
    static let backupUnchanged = Self(
        "The database is as in its newest backup, so there was nothing to store.",
        next: "Nothing.")
    static let inCooldown = Self(
        "The database had an on-demand backup a moment ago.",
        next: "Ask again when the time that the message names is over; scheduled backups go on.")
    static let drift = Self(
        "A full backup found pages that had changed without any progressive backup noticing; the full backup has them.",
        next: "Run `holdfast verify DB --level restore` to prove the backups that the message names, and report it.")
    static let stepRefused = Self(
        "A progressive backup did not fit the one before, so all pages were stored anew.",
        next: "Run `holdfast verify DB` to learn which earlier backups are affected.")
    static let backupPreserved = Self(
        "A backup is kept until somebody releases it.",
        next: "Nothing.")
    static let backupReleased = Self(
        "A backup is no longer preserved; retention decides from now on.",
        next: "Nothing.")
    static let backupDeleted = Self(
        "A backup was deleted; it can be brought back for 24 hours.",
        next: "`holdfast backups undelete ID` brings it back.")
    static let backupUndeleted = Self(
        "A deleted backup was brought back.",
        next: "Nothing.")
    static let backupDownloaded = Self(
        "Somebody downloaded the content of a backup.",
        next: "Nothing if it was meant to be; the message names the actor.")
    static let backupSuspect = Self(
        "A backup may hold pages that are not what the database held at that time.",
        next: "Run `holdfast verify DB --level restore`; what it proves is suspect no longer.")
    static let backupDamaged = Self(
        "The newest backup of a database is known to be damaged, or failed its last check.",
        next: "Run `holdfast backup DB --full`; `holdfast backups DB` shows older ones that are good.")
    static let backupOverdue = Self(
        "A database has had no backup for longer than its schedule allows.",
        next: "See `holdfast runs` and `holdfast schedules` for why, and run `holdfast backup DB`.")
    static let backupOnTime = Self(
        "A database that was overdue has a backup again.",
        next: "Nothing.")
}
