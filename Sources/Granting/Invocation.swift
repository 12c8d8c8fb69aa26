import Model
import Platform

/// How the root helper was started: by the arguments in its unit, which only root writes. Who asks has no say in it.
struct Invocation {
    private(set) var settings = "/etc/holdfast/holdfast.toml"
    /// Whose requests are heard.
    private(set) var user = "holdfast"
    /// The journal's socket.
    private(set) var journal = JournalEntry.socket

    /// What one process leaves to the next; root's alone.
    private(set) var state = "/run/holdfast-helper"

    private static let usage = "the options are --settings FILE, --user NAME, --journal SOCKET and --state FOLDER"

    /// - Throws: `wrong-usage`.
    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Fault(.wrongUsage, "\(option) lacks its value") }
            switch option {
            case "--settings": settings = value
            case "--user": user = value
            case "--journal": journal = value
            case "--state": state = value
            default: throw Fault(.wrongUsage, "there is no option \(option)", hint: Self.usage)
            }
        }
    }

    /// The uid of the user.
    /// - Throws: `not-found`.
    func userID() throws -> UInt32 {
        guard let uid = Users.id(named: user) else {
            throw Fault(.notFound, "there is no user \(user)", hint: "run `systemd-sysusers`")
        }
        return uid
    }
}
