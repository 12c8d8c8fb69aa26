internal import Model
internal import Platform
internal import Wire

extension Diagnosis {
    /// - Parameter isSynchronised: nil where the kernel doesn't say.
    mutating func examineClock(_ isSynchronised: Bool?) {
        guard isSynchronised == false else { return }
        add(
            "clock", .warning, "nothing keeps the clock in step: schedules and retention go by it",
            hint: "install systemd-timesyncd or chrony; see `timedatectl`")
    }

    /// Doubts of the daemon's own are among its problems, and nothing is called good beside another doubt.
    mutating func examineClock(_ status: Status, now: Instant) {
        let newest = status.databases.compactMap(\.lastBackup).max()
        if let newest, newest > now + .seconds(300) {
            add("clock", .problem, "the newest backup is from the future", hint: "set the clock; see `timedatectl`")
        } else if CivilTime(now).year < 2025 {
            add("clock", .problem, "the clock says \(CivilTime(now).year)", hint: "set the clock; see `timedatectl`")
        } else if !symptoms.contains(where: { $0.subject == "clock" }) {
            add("clock", .good, "the clock is plausible")
        }
    }
}
