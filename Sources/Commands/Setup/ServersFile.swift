internal import Model
package import Settings

/// The settings file of setup's own: `conf.d/servers.toml`.
///
/// What is in it stays, byte for byte, also what an admin changed; new servers come behind it. A table ends where the next
/// begins, so that nothing at its end can change what is before.
package enum ServersFile {
    package static let name = "servers.toml"

    /// Whether setup got as far as to write it once, for which the repository was made before.
    package static func isOfSetup(_ text: String) -> Bool { text.begins(with: head.prefix { $0 != "." }) }

    private static let head = """
        # Servers that `holdfast setup` added. Change what you like: another run adds to the end and leaves the rest alone.
        # Every setting is described in holdfast.toml(5).

        """

    package static func text(before: String?, adding additions: [ServerAddition]) -> String {
        var text = before ?? head
        if !text.ends(with: "\n") { text += "\n" }
        return text + additions.map { "\n\($0.toml)" }.joined()
    }
}
