import Glibc
import Platform

/// As whom root runs a throw-away server: a user of a number that nobody has, and to whom nothing belongs but the copy.
///
/// PostgreSQL refuses to run as root, and a superuser of the cluster may have put code into it that the server runs.
struct PostgresTrialUser {
    private let id: UInt32

    /// Nil when it couldn't get to the folder, because one above is closed to others.
    init?(reaching folder: String) {
        guard Self.isReachable(folder), let id = Users.unusedID() else { return nil }
        self.id = id
    }

    func own(_ folder: String) throws { try Files.giveTree(folder, uid: id, gid: id) }

    /// That start a program as this user.
    var words: [String] {
        [
            "/usr/bin/setpriv", "--reuid=\(id)", "--regid=\(id)", "--clear-groups", "--inh-caps=-all",
            "--no-new-privs", "--",
        ]
    }

    private static func isReachable(_ folder: String) -> Bool {
        guard var above = Files.realPath(folder) else { return false }
        while above != "/" {
            above = Files.parent(of: above)
            guard let status = try? Files.status(above), status.mode & 0o001 != 0 else { return false }
        }
        return true
    }
}
