package import Model

/// The names of what a restore puts beside a database; no search takes such things for databases.
package enum RestoreNames {
    private static let aside = ".replaced-"
    private static let unfinished = ".restore-"

    /// A file on its way to be `name`: `.name.restore-3fa91c07b2d4`.
    package static func temporary(for name: String) -> String {
        ".\(name)\(unfinished)\(Identifier.random().description.prefix(12))"
    }

    /// The folder that keeps what was replaced at an instant: `path.replaced-20261123055704`, in UTC.
    package static func aside(for path: String, at instant: Instant) -> String {
        "\(path)\(aside)\(digits(of: instant))"
    }

    /// What a database inside a server is called while it is being restored: `holdfast_restore_3fa91c07b2d4`.
    package static func temporaryMember() -> String { "holdfast_restore_\(Identifier.random().description.prefix(12))" }

    /// The name that a replaced database inside a server gets: `crm_replaced_20261123055704`, in UTC.
    /// - Parameter limit: its greatest length in bytes; the old name loses its end to fit.
    static func replacedMember(_ name: String, at instant: Instant, limit: Int) -> String {
        let end = "_replaced_\(digits(of: instant))"
        var start = name
        while start.utf8.count + end.utf8.count > limit { start.removeLast() }
        return start + end
    }

    private static func digits(of instant: Instant) -> String {
        let time = CivilTime(instant)
        return [time.year, time.month, time.day, time.hour, time.minute, time.second]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined()
    }

    /// What the name of every folder begins with that keeps what was replaced of `name`.
    package static func asidePrefix(for name: String) -> String { name + aside }

    static func isTemporary(_ name: String) -> Bool {
        name.begins(with: ".")
            && end(of: name, after: unfinished).map { $0.count == 12 && $0.allSatisfy(\.isHexDigit) } == true
    }

    static func isAside(_ name: String) -> Bool {
        end(of: name, after: aside).map { $0.count >= 14 && $0.prefix(14).allSatisfy(\.isWholeNumber) } == true
    }

    private static func end(of name: String, after mark: String) -> Substring? {
        name.utf8.ranges(of: mark.utf8).last.map { name[$0.upperBound...] }
    }
}
