/// Explanations of the codes of maintenance windows.
extension Code.Explanation {
    static let inMaintenance = Self(
        "A maintenance window of the server is under way, which excludes what was asked for.",
        next: "Ask again when it is over (`holdfast maintenance`), or end it with `holdfast maintenance abort SERVER`.")
    static let maintenanceChanged = Self(
        "When a server's maintenance windows come, or what they do, was changed.",
        next: "Nothing; `holdfast maintenance preview SERVER` shows the next ones.")
    static let maintenanceAnnounced = Self(
        "A maintenance window comes, in which clients of the server are disconnected.",
        next: "Nothing; `holdfast maintenance disable SERVER` keeps it from coming.")
    static let maintenanceWithdrawn = Self(
        "A maintenance window that had been announced does not come, or not then.",
        next: "Nothing.")
    static let maintenanceStarted = Self(
        "A maintenance window has begun: the server lets no new clients in.",
        next: "Nothing; `holdfast maintenance abort SERVER` ends it at once.")
    static let maintenanceFinished = Self(
        "A maintenance window is over, and everything it had closed is open again.",
        next: "See what it did, planned against actual, with `holdfast maintenance show SERVER`.")
    static let maintenanceSkipped = Self(
        "A maintenance window, or a database in it, was left out for the reason that the message gives.",
        next: "Mend the reason if it is none that was intended; the next window comes as planned.")
    static let maintenanceStuck = Self(
        "What a maintenance window has closed could not be opened again yet; it is tried until it can.",
        next: "See the cause; start the server or the unit if it is down. `holdfast maintenance abort SERVER` tries at "
            + "once.")
}
