import CSQLite
import Model
import Petitions
import Platform

/// SQLite databases in folders, read without SQLite and without disturbing those who write them.
package final class SQLiteEngine: Engine {
    package let kind = "sqlite"
    let server: ServerDefinition
    let mounts: MountTable
    let lockDeadline: Duration
    let followings = LogFollowings()
    let readLogs = ReadLogs()

    /// - Parameters:
    ///   - fstab: the table of what should be mounted.
    ///   - mountinfo: the table of what is.
    ///   - lockDeadline: how long a lock that keeps readers out may last before it counts as meant to stay.
    package init(
        _ server: ServerDefinition, fstab: String = "/etc/fstab", mountinfo: String = "/proc/self/mountinfo",
        lockDeadline: Duration = .seconds(5)
    ) {
        self.server = server
        self.lockDeadline = lockDeadline
        mounts = MountTable(planned: fstab, mounted: mountinfo)
    }

    /// Those that a client has open beside the database.
    static let openSidecars = ["-wal", "-shm"]

    package func sidecars(of path: String) -> [String] { ["-wal", "-shm", "-journal"].map { path + $0 } }
}

extension SQLiteEngine {
    /// What this process can't see itself, the root helper can, of databases in the server's folders.
    package func clients(of databases: [FoundDatabase]) throws -> ClientListing {
        var scan = ClientScan()
        let own = scan.run(databases)
        guard !own.isComplete, let port = server.rootPort, port.isThere else { return own }
        do {
            return ClientListing(
                try port.holders(of: databases.map(\.path), suffixes: Self.openSidecars), isComplete: true)
        } catch let fault as Fault where fault.code == .rightRefused {
            return own
        }
    }

    package func check(_ copy: String, step: @escaping @Sendable () throws -> Void) throws -> [String] {
        do {
            return try ScratchDatabase.problems(copy, step: step)
        } catch let failure as ScratchDatabase.Connection.Failure {
            switch failure.code & 0xFF {
            case SQLITE_CORRUPT, SQLITE_NOTADB: return [failure.text]
            default:
                throw Fault(.inputOutput, "the check of \(copy) could not run: \(failure.text)")
            }
        }
    }
}
