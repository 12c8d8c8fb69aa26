internal import Model

/// Gives servers names that are fit for settings, each once.
package struct ServerNames {
    private static let longest = 31
    private var taken: Set<String>

    package init(taken: [String]) { self.taken = Set(taken) }

    /// - Parameter wish: such as the name of a folder.
    package mutating func name(for wish: String) -> String {
        let letters = wish.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "-" }
        let plain = String(letters.drop { $0 == "-" }.prefix(Self.longest))
        let base = plain.isEmpty ? "server" : plain
        var name = base
        var number = 2
        while taken.contains(name) {
            let suffix = "-\(number)"
            name = base.prefix(Self.longest - suffix.count) + suffix
            number += 1
        }
        taken.insert(name)
        return name
    }

    /// `/var/lib/postgresql/15/main` is called `main`; a folder whose name says nothing, `postgres`.
    package mutating func name(forCluster dataFolder: String) -> String {
        let last = dataFolder.parts(between: ["/"]).last.map(String.init) ?? ""
        return name(for: ["data", "pgdata", ""].contains(last) ? "postgres" : last)
    }
}
