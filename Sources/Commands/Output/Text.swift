internal import Model
internal import Platform
internal import Wire

/// Values as people read them.
enum Text {
    /// Local time: `2026-11-22 10:00:05`; a dash for nothing.
    static func time(_ instant: Instant?) -> String {
        guard let instant else { return "-" }
        let local = instant.rfc3339(offsetSeconds: LocalZone.offsetSeconds(at: instant))
        return String(local.prefix(19)).replacing("T", with: " ")
    }

    /// When something comes, with the zone where it has one of its own.
    static func rule(_ when: String, zone: String?) -> String {
        [when, zone].compactMap { $0 }.joined(separator: " ")
    }

    static func bytes(_ bytes: ByteCount?) -> String { bytes.map(\.description) ?? "-" }

    /// The largest two units: `45 s`, `2 min 5 s`, `3 h 10 min`.
    static func duration(_ seconds: Double) -> String {
        let seconds = Int(min(max(0, seconds), 8_640_000).rounded())
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }

    /// `200 ms`, `5 s`.
    static func pause(_ duration: Duration) -> String {
        duration < .seconds(1) ? "\(duration.microseconds / 1000) ms" : Text.duration(duration.inSeconds)
    }

    /// Filled with spaces up to a width.
    static func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// The words that set a backup apart: `preserved, suspect`.
    static func marks(_ backup: Backup) -> String {
        var marks: [String] = []
        if backup.proven != nil {
            marks.append("proven")
        } else if let proof = backup.verified {
            marks.append("verified (\(proof.level.rawValue))")
        }
        if backup.preserved { marks.append("preserved") }
        if backup.suspect { marks.append("suspect") }
        if backup.damaged { marks.append("damaged") }
        if backup.deleted != nil { marks.append("deleted") }
        return marks.isEmpty ? "-" : marks.joined(separator: ", ")
    }

    static func state(_ database: Database) -> String {
        if database.run != nil { return "working" }
        if let problem = database.doubt ?? database.fault { return problem.code.rawValue }
        return database.overdue ? "overdue" : database.state.rawValue
    }

    /// What becomes of what a server held that is no longer in the settings.
    static func removed(_ server: String) -> String {
        "server \(server) is no longer in the settings: its backups stay as retention keeps them, the newest good one for "
            + "good\n  hint: add it again, or delete them with `holdfast backups delete ID`"
    }

    static func fault(_ problem: ProblemObject) -> String {
        "\(problem.fault)" + (problem.hint.map { "\n  hint: \($0)" } ?? "")
    }
}
