internal import Model
internal import Wire

/// What retention decides, as people read it.
enum RetentionText {
    static func previews(_ previews: [RetentionPreview], all: Bool, _ color: Bool) -> String {
        var table = Table("BACKUP", "DATABASE", "INSTANT", "KIND", "VERDICT", ">FREES", "BECAUSE")
        for preview in previews {
            for verdict in preview.verdicts where all || verdict.verdict != .kept {
                table.add(
                    verdict.backup.description, preview.database.text, Text.time(verdict.instant),
                    verdict.kind.rawValue, word(verdict), Text.bytes(verdict.freed), verdict.rule)
            }
        }
        let notes = previews.flatMap { preview in preview.notes.map { "\(preview.database): \($0)" } }
        let text = table.text(color: color)
        return ([sum(previews)] + (text.isEmpty ? [] : [text]) + notes).joined(separator: "\n")
    }

    /// `12 backups kept, 3 released, 1 removed; 4.20 MiB freed`.
    private static func sum(_ previews: [RetentionPreview]) -> String {
        let counts = Verdict.allCases.map { verdict in
            (verdict, previews.reduce(0) { $0 + $1.verdicts.count { $0.verdict == verdict } })
        }
        let words = counts.filter { $0.1 > 0 }.map { verdict, count in
            switch verdict {
            case .kept: "\(count) kept"
            case .released: "\(count) released into soft delete"
            case .deleted: "\(count) in soft delete"
            case .removed: "\(count) removed for good"
            }
        }
        let freed = previews.reduce(ByteCount.zero) { $0 + $1.freed }
        return words.isEmpty ? "no backups" : "\(words.joined(separator: ", ")); \(freed) freed"
    }

    private static func word(_ verdict: RetentionVerdict) -> String {
        switch verdict.verdict {
        case .kept: "kept"
        case .released: "released"
        case .deleted: "in soft delete until \(Text.time(verdict.removal))"
        case .removed: "removed"
        }
    }

    static func result(_ result: PruneResult) -> String {
        let share = result.stored.bytes > 0 ? Double(result.dead.bytes) * 100 / Double(result.stored.bytes) : 0
        let tenths = Int((share * 10).rounded())
        return """
            \(result.released) released into soft delete, \(result.removed) removed for good, \(result.freed) freed; \
            \(result.stored) stored, of these \(result.dead) dead (\(tenths / 10).\(tenths % 10) %)
            """
    }
}
