internal import Model
internal import Platform

/// The drop-in by which a setup lets the daemon's unit see and write the repository's folder.
package struct UnitDropIn {
    private static let mark = "# By `holdfast setup`"
    /// The second where an admin has written the first.
    private static let names = ["repository.conf", "holdfast-setup.conf"]

    let folder: String

    package init(in folder: String) { self.folder = folder }

    /// Durable on return. What an admin has written stays.
    /// - Returns: whether anything changed.
    /// - Throws: `target-exists` where every name is an admin's.
    package func write(_ lines: [String]) throws -> Bool {
        let text = "\(Self.mark).\n" + lines.joined(separator: "\n") + "\n"
        let paths = Self.names.map { "\(folder)/\($0)" }
        let others = try paths.map { try Files.exists($0) ? String(decoding: Files.read($0), as: UTF8.self) : nil }
        if others.contains(where: { $0?.isSame(as: text) == true }) { return false }
        // An admin's own may say the same.
        if others.contains(where: { other in other.map { Self.says(lines, in: $0) } ?? false }) { return false }
        guard let free = others.firstIndex(where: { $0?.begins(with: Self.mark) ?? true }) else {
            throw Fault(
                .targetExists, "\(paths.joined(separator: " and ")) are there, and not by setup",
                hint: "add to one of them: \(lines.joined(separator: "; "))")
        }
        try Files.makeDirectories(folder, mode: 0o755)
        try Files.writeDurably(Array(text.utf8), to: paths[free], mode: 0o644)
        return true
    }

    private static func says(_ lines: [String], in text: String) -> Bool {
        let there = text.parts(between: ["\n"])
        return lines.allSatisfy { line in there.contains { $0.isSame(as: line) } }
    }
}
