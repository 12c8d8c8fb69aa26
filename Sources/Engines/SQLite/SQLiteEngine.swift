import Glibc
import Model
import Platform

/// SQLite databases in folders, read without SQLite and without disturbing those who write them.
package final class SQLiteEngine: Engine {
    package let kind = "sqlite"
    let server: ServerDefinition

    package init(_ server: ServerDefinition) { self.server = server }

    package func sidecars(of path: String) -> [String] { ["-wal", "-shm", "-journal"].map { path + $0 } }
}
extension SQLiteEngine {
    package func discover(known: [String], memory: String?) -> Discovery {
        .unreachable(Fault(.internalError, "x"), .init(databases: [], memory: ""))
    }
    package func changes(of database: FoundDatabase, since token: String?) -> ChangeFinding { .unknown(reason: "x") }
    package func snapshot(of database: FoundDatabase, patience: Patience) throws -> any Snapshot {
        throw Fault(.internalError, "x")
    }
    package func clients(of databases: [FoundDatabase]) -> ClientListing { .init(clients: [:], isComplete: true) }
    package func check(_ copy: String) throws -> [String] { [] }
}
