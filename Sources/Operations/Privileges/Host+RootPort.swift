import Model
import Petitions
import Settings

extension Host {
    /// Where to ask for what only root may do; nil where there is no root helper, or it isn't ours to ask.
    var rootPort: RootPort? {
        guard let port = settings.helper.map({ RootPort($0) }), port.isThere else { return nil }
        return port
    }

    /// The same for what others than root have chosen. That never runs as the daemon's user, who can read keys and ask the
    /// helper for more: not even while the helper is away.
    /// - Returns: nil where the settings say that there is none.
    /// - Throws: `helper-failed`.
    func portForCommands() throws -> RootPort? {
        guard let path = settings.helper else { return nil }
        guard let port = rootPort else {
            throw Fault(
                .helperFailed, "no root helper listens at \(path), and it is who runs commands",
                hint: "run `systemctl start holdfast-helper.socket`, or have root set maintenance.helper to \"\"")
        }
        return port
    }
}
