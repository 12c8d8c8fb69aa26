internal import Glibc
package import Model

/// Finds what people mean by the names that they type: a whole name, a unique end of one, a server or a shell pattern.
package enum NameSelection {
    /// The one database meant.
    ///
    /// - Throws: `not-found`; `ambiguous-name`, whose hint lists some that fit.
    package static func one(_ typed: String, among names: [DatabaseName]) throws(Fault) -> DatabaseName {
        let found = names.contains(DatabaseName(typed)) ? [DatabaseName(typed)] : names.filter { $0.matches(typed) }
        guard let first = found.first else { throw notFound(typed, among: names) }
        guard found.count == 1 else {
            let some = found.sorted().prefix(4).map(\.text).joined(separator: ", ")
            throw Fault(.ambiguousName, "\(found.count) databases match \(typed)", hint: "name one of them: \(some)")
        }
        return first
    }

    /// All databases meant, in order of name, each once. A server's name means all of its databases.
    ///
    /// - Throws: `not-found` for an entry that fits nothing; `ambiguous-name` for one without a pattern that fits several.
    package static func several(_ typed: [String], among names: [DatabaseName]) throws(Fault) -> [DatabaseName] {
        var chosen: Set<DatabaseName> = []
        for entry in typed {
            if names.contains(DatabaseName(entry)) {
                chosen.insert(DatabaseName(entry))
            } else if isPattern(entry) {
                let found = names.filter { fits($0.text, pattern: entry) }
                guard !found.isEmpty else { throw notFound(entry, among: names) }
                chosen.formUnion(found)
            } else {
                let ofServer = names.filter { $0.server == entry }
                if ofServer.isEmpty { chosen.insert(try one(entry, among: names)) }
                chosen.formUnion(ofServer)
            }
        }
        return chosen.sorted()
    }

    package static func isPattern(_ typed: String) -> Bool { typed.utf8.contains { "*?[".utf8.contains($0) } }

    /// Whether the whole name, or an end of it from a `/` on, fits the shell pattern; `*` also crosses `/`.
    private static func fits(_ name: String, pattern: String) -> Bool {
        var rest = name[...]
        while true {
            if fnmatch(pattern, String(rest), 0) == 0 { return true }
            guard let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) else { return false }
            rest = rest[rest.utf8.index(after: slash)...]
        }
    }

    private static func notFound(_ typed: String, among names: [DatabaseName]) -> Fault {
        let nearest = nearest(to: typed, among: names)
        return Fault(
            .notFound, "no database matches \(typed)",
            hint: (nearest.map { "did you mean \($0)? " } ?? "") + "list them with `holdfast databases`")
    }

    /// Compares what was typed with the ends of names that are as many steps long.
    private static func nearest(to typed: String, among names: [DatabaseName]) -> DatabaseName? {
        let count = typed.parts(between: ["/"]).count
        guard count > 0, !isPattern(typed) else { return nil }
        let ends = names.map { name in
            (name, end: name.text.parts(between: ["/"]).suffix(count).joined(separator: "/"))
        }
        let nearest = NearestName.nearest(to: typed, among: ends.map(\.end))
        return nearest.flatMap { end in ends.first { $0.end == end }?.0 }
    }
}

extension NameSelection {
    /// Whether a scope, as schedules and rules name it, covers a database: its whole name, its server, a folder above it
    /// (`server/folder/`), or a shell pattern. An empty scope covers everything.
    package static func covers(_ scope: [String], _ name: DatabaseName) -> Bool {
        scope.isEmpty || scope.contains { entry in covers(entry, name) }
    }

    private static func covers(_ entry: String, _ name: DatabaseName) -> Bool {
        if isPattern(entry) { return fits(name.text, pattern: entry) }
        if entry.ends(with: "/") { return name.text.begins(with: entry) }
        return name.text.isSame(as: entry) || name.server == entry
    }

    /// Whether a scope may cover databases of a server.
    package static func mayCover(_ scope: [String], server: String) -> Bool {
        scope.isEmpty || scope.contains { $0 == server || isPattern($0) || $0.begins(with: "\(server)/") }
    }
}
