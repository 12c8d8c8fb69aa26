/// Explanations of the codes of servers and databases.
extension Code.Explanation {
    static let databaseFound = Self(
        "A server has a database that was not known before; it is backed up from now on.",
        next: "Nothing; leave it out with `exclude` in the server's settings if it should not be.")
    static let databaseGone = Self(
        "A server answered, complete, and no longer has the database.",
        next: "Nothing if it was deleted on purpose; its backups stay until the end of their grace.")
    static let serverUnreachable = Self(
        "A server or one of its folders can't be reached; its databases count as there, and nothing is deleted.",
        next: "Start the server or mount the folder; backups go on by themselves then.")
    static let serverReachable = Self(
        "A server answers again.",
        next: "Nothing.")
    static let serverUnsupported = Self(
        "The server is in a state in which it can't be backed up, such as a standby of another one.",
        next: "Back up its primary; nothing if it is to be promoted, after which it is backed up by itself.")
    static let notADatabase = Self(
        "A file is no database of the server's engine.",
        next: "Leave it out with `exclude` in the server's settings, or restore it if it should be one.")
    static let databaseUnrecognised = Self(
        "A file claims to be a database of a version that this release doesn't know.",
        next: "Install a newer release.")
    static let databaseUnreadable = Self(
        "The daemon may not read the database's file or folder.",
        next: "Let the user `holdfast` read them, or keep the unit's CAP_DAC_READ_SEARCH.")
    static let databaseTruncated = Self(
        "The database's file is shorter than its own header says.",
        next: "Look at the database with its application; restore it from its newest backup if it is damaged.")
    static let databaseLocked = Self(
        "Another program kept the database locked for longer than a backup waits.",
        next: "End the long transaction or the exclusive lock; `holdfast clients list` names who holds the file.")
    static let databaseInUse = Self(
        "Programs have the database open that would not notice a restore in place.",
        next: "Stop them (`holdfast clients list` names them), or restore beside it with --to.")
    static let databaseDamaged = Self(
        "The database or the catalog fails its own check.",
        next: "Restore the database from a proven backup. Move a damaged catalog aside: at its start the daemon makes "
            + "a new one from the repository.")
    static let sourceChanged = Self(
        "The database changed its identity, page size or file in the middle of the work.",
        next: "Ask again when it is at rest; the next scheduled backup tries by itself.")
    static let sourceRecovered = Self(
        "The backup read a database that a crash had left unfinished, and finished a copy of it; the file was not "
            + "touched.",
        next: "Nothing; open the database with its application to finish it there too.")
    static let writersHeld = Self(
        "Writers of the database had to wait for the backup for longer than intended.",
        next: "Use WAL mode, or back the database up at a quieter time.")
    static let graceStarted = Self(
        "A database counts as deleted; its backups are kept for the days of grace.",
        next: "Preserve a backup with `holdfast backups preserve ID` to keep it for longer.")
    static let graceEnding = Self(
        "The grace of a deleted database ends soon; then all but its preserved backups are deleted.",
        next: "Restore or preserve what is still needed.")
    static let graceEnded = Self(
        "The grace of a deleted database is over; its backups are released, but for preserved ones.",
        next: "Nothing; `holdfast backups undelete ID` brings one back for another 24 hours.")
    static let databaseReturned = Self(
        "A database that had been gone is there again; its backups go on.",
        next: "Nothing.")
    static let clientsDisconnected = Self(
        "Sessions with a database were ended because an admin asked for it.",
        next: "Nothing; programs may connect again.")
    static let databaseClosed = Self(
        "A database lets no clients in, because an admin closed it; it stays closed over a restart.",
        next: "Open it with `holdfast databases open NAME` when the work is done.")
    static let databaseOpened = Self(
        "A database that was closed lets its clients in again, under the limits that held before.",
        next: "Nothing.")
    static let clientsTold = Self(
        "An admin sent a message to the programs that are connected to a database.",
        next: "Nothing; programs hear it if they listen on the channel holdfast.")
    static let databaseAdopted = Self(
        "Backups of a database that the catalog did not know were found in the repository and taken in.",
        next: "Nothing; name its server in the settings to go on backing it up.")
}
