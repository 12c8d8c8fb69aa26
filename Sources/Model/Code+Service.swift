/// Explanations of the codes of the service itself.
extension Code.Explanation {
    static let daemonStarted = Self(
        "The daemon has started and serves.",
        next: "Nothing; when it comes unexpectedly, see `journalctl -u holdfastd` for why it had ended.")
    static let daemonStopped = Self(
        "The daemon was asked to end and has ended in order.",
        next: "Nothing; no scheduled backup runs until `systemctl start holdfastd`.")
    static let repositoryChecked = Self(
        "Every stored object was read and is what it was when it was written.",
        next: "Nothing.")
    static let settingsReloaded = Self(
        "Changed settings are in force.",
        next: "Nothing; `holdfast config show --effective` lists them.")
    static let catalogRebuilt = Self(
        "The daemon's catalog was lost, or is a new one: what the repository tells of its databases was taken in.",
        next: "Apply what `holdfast export` had written with `holdfast apply`, and switch windows on again.")
    static let badSettings = Self(
        "A settings file has an error; the settings that were in force stay.",
        next: "Run `holdfast config check`, mend the line it names, then `systemctl reload holdfastd`.")
    static let daemonUnreachable = Self(
        "Nobody answers on the daemon's socket, or the connection broke.",
        next: "Run `systemctl status holdfastd`; start it, or name its socket with --socket.")
    static let socketInUse = Self(
        "Another daemon listens on the socket already.",
        next: "Stop the other one, or give this one a `socket` of its own.")
    static let notPermitted = Self(
        "The user, or the daemon's user, lacks a right that the request needs.",
        next: "Join the group that the hint names, ask an administrator, or give the daemon's user access to the file.")
    static let wrongUsage = Self(
        "A request or command holds something that can't be understood.",
        next: "See `holdfast COMMAND --help`, or /v1/openapi.json for programs.")
    static let notFound = Self(
        "Nothing has that name or id.",
        next: "List what there is, for example with `holdfast databases` or `holdfast backups`.")
    static let ambiguousName = Self(
        "A name that was typed fits more than one object.",
        next: "Type more of it: the whole name always fits one only.")
    static let busy = Self(
        "Something else works on the same object.",
        next: "Wait for it with `holdfast runs wait ID`, then ask again.")
    static let interrupted = Self(
        "Work was cancelled, or the daemon ended in the middle of it; nothing of it counts.",
        next: "Ask for it again, or wait for the next scheduled one.")
    static let timedOut = Self(
        "An answer did not come within its deadline.",
        next: "Ask again; when it stays so, see `systemctl status holdfastd` and the load of the machine.")
    static let inputOutput = Self(
        "The operating system could not read or write a file.",
        next: "See `dmesg` and `journalctl -k` for errors of the disk or the network file system.")
    static let outOfSpace = Self(
        "A file system or a quota is full.",
        next: "Free space there, or move the folder to a larger file system.")
    static let internalError = Self(
        "Something happened that the program did not expect.",
        next: "Report it with the message and the output of `journalctl -u holdfastd`.")
}
