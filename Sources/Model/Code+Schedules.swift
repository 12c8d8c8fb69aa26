/// Explanations of the codes of schedules, commands and the clock.
extension Code.Explanation {
    static let badSchedule = Self(
        "A schedule can't be understood or never comes due.",
        next: "Try expressions with `holdfast schedules preview --when EXPRESSION`.")
    static let scheduleExists = Self(
        "A schedule of that name is there already.",
        next: "Choose another name, or change it with `holdfast schedules edit`.")
    static let scheduleAdded = Self(
        "A schedule was added.",
        next: "Nothing; `holdfast schedules preview NAME` shows when it runs.")
    static let scheduleChanged = Self(
        "A schedule was changed, enabled or disabled.",
        next: "Nothing; the message names who did it.")
    static let scheduleRemoved = Self(
        "A schedule was removed; what it did is not done any more.",
        next: "Nothing if that was meant; add it again otherwise.")
    static let scheduleEmpty = Self(
        "A schedule came due, but nothing fits its scope.",
        next: "Correct its scope with `holdfast schedules edit`, or remove it.")
    static let scheduleStarted = Self(
        "A schedule was started by hand; its next occurrences stay as planned.",
        next: "Nothing; its runs tell how they end.")
    static let schedulesResumed = Self(
        "The catalog can be written again, and schedules go on, after a fault that kept all of them from running.",
        next: "Nothing; what came due meanwhile is made up for as each schedule says.")
    static let scheduleSkipped = Self(
        "An occurrence was not carried out, for the reason that the message gives.",
        next: "Mend the reason; the next occurrence runs as planned.")
    static let scheduleCaughtUp = Self(
        "Occurrences that were missed while the daemon or the machine was off were made up for by one run.",
        next: "Nothing.")
    static let scheduleRetried = Self(
        "An occurrence failed and is tried again.",
        next: "Nothing yet; the message names the attempt.")
    static let scheduleFailed = Self(
        "An occurrence failed in all its attempts.",
        next: "See the cause; `holdfast schedules run NAME` tries once more.")
    static let commandStarted = Self(
        "A scheduled command has begun.",
        next: "Nothing.")
    static let commandSucceeded = Self(
        "A scheduled command ended with status 0.",
        next: "Nothing.")
    static let commandFailed = Self(
        "A scheduled command ended with another status than 0, by a signal or at its deadline.",
        next: "See the end of its output in the message, and run it by hand as the same user.")
    static let commandRefused = Self(
        "A command may not be run: it is not among those that root has allowed.",
        next: "Have root put it where the settings allow commands, owned and writable by root only.")
    static let scheduledMessage = Self(
        "A schedule says what it was told to say.",
        next: "What the message says.")
    static let clockStepped = Self(
        "The wall clock was set forth or back.",
        next: "Nothing; occurrences were neither lost nor doubled. See that time synchronisation works if it "
            + "comes again.")
    static let clockInDoubt = Self(
        "The wall clock can't be right, so nothing is deleted meanwhile; backups go on.",
        next: "Set the clock, or see that time synchronisation works (`timedatectl`).")
    static let clockConfirmed = Self(
        "The wall clock is trusted again; deletion by retention goes on.",
        next: "Nothing.")
    static let zoneChanged = Self(
        "The time zone of the machine or its rules changed; schedules follow.",
        next: "Nothing; `holdfast schedules preview` shows the next occurrences.")
}
