package import Model

extension MaintenanceRule {
    /// The shortest and the longest window, in seconds.
    package static let lengths = 900...86_400

    /// Left for the backup at least, however late the window begins.
    private static let shortestBackup = Duration.seconds(60)

    /// Checks everything but the calendar expression and its zone, which `MaintenancePlanner` reads.
    ///
    /// - Throws: `bad-settings`.
    package func check() throws(Fault) {
        guard Self.lengths.contains(lengthSeconds) else {
            throw fault(
                "its length of \(text(lengthSeconds)) is outside \(text(Self.lengths.lowerBound)) to "
                    + text(Self.lengths.upperBound), hint: "write for example 2h")
        }
        try checkCountdown()
        try checkLatestStart()
        try checkQuietTime()
        try checkAnnouncements()
        try checkTasks()
    }

    private func checkCountdown() throws(Fault) {
        guard (0...86_400).contains(countdownSeconds) else {
            throw fault("its countdown of \(text(countdownSeconds)) is outside 0s to 1d", hint: "write for example 2m")
        }
        guard countdownSeconds < lengthSeconds, overhead + Self.shortestBackup <= length else {
            throw fault(
                "its countdown of \(text(countdownSeconds)) leaves no time for work in \(text(lengthSeconds))",
                hint: "shorten the countdown or lengthen the window")
        }
    }

    private func checkLatestStart() throws(Fault) {
        let seconds = latestStartSeconds ?? lengthSeconds / 2
        guard seconds >= 0, seconds < lengthSeconds, latestStart + overhead + Self.shortestBackup <= length else {
            let longest = DurationText.text(length - overhead - Self.shortestBackup)
            throw fault(
                "beginning up to \(text(seconds)) late leaves no time for work",
                hint: "allow a latest start of at most \(longest), shorten the countdown or lengthen the window")
        }
    }

    private func checkQuietTime() throws(Fault) {
        guard (0...86_400).contains(quietSeconds) else {
            throw fault("its quiet time of \(text(quietSeconds)) is outside 0s to 1d", hint: "write for example 20m")
        }
    }

    private func checkAnnouncements() throws(Fault) {
        if let bad = announceSeconds.first(where: { !(1...604_800).contains($0) }) {
            throw fault(
                "an announcement \(text(bad)) ahead is outside 1s to 7d", hint: "write for example 1d, 1h and 10m")
        }
        if let twice = repeated(announceSeconds) {
            throw fault("its announcement \(text(twice)) ahead is there twice", hint: "name each once")
        }
    }

    private func checkTasks() throws(Fault) {
        if let twice = repeated(tasks.map(\.kind)) {
            throw fault("its task \(twice.rawValue) is there twice", hint: "name each task once")
        }
        let longest = length - overhead
        for task in tasks {
            guard (1...86_400).contains(task.deadlineSeconds), task.deadline <= longest else {
                let isDefault = task.deadlineSeconds == MaintenanceTask(task.kind).deadlineSeconds
                let (kind, most) = (task.kind.rawValue, DurationText.text(longest))
                throw fault(
                    "the deadline of \(kind), \(text(task.deadlineSeconds))\(isDefault ? " by default" : ""), doesn't fit",
                    hint: longest < .seconds(1)
                        ? "lengthen the window"
                        : "give it at least 1s and at most \(most), such as \(kind)=\(most), or lengthen the window")
            }
        }
    }

    private func repeated<Element: Hashable>(_ elements: [Element]) -> Element? {
        var seen: Set<Element> = []
        return elements.first { !seen.insert($0).inserted }
    }

    private func text(_ seconds: Int) -> String { DurationText.text(.seconds(seconds)) }

    func fault(_ reason: String, hint: String) -> Fault {
        Fault(.badSettings, "cannot use the \(kind.rawValue) maintenance window: \(reason)", hint: hint)
    }
}
