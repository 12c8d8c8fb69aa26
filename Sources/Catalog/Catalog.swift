import GRDB
import Model
import Synchronization

/// What the daemon remembers between starts: databases, runs, proofs and the message center.
///
/// A file of SQLite in WAL mode. Every method blocks. A transition and the messages it causes are one transaction, durable
/// on return. Losing the file loses no backup: what it knew of them is read back from the repository.
///
/// Nothing else in this process may open the file: closing any descriptor of it drops SQLite's locks. Use `copy(to:)`.
package final class Catalog: Sendable {
    package typealias Observer = @Sendable ([Message]) -> Void

    package let path: String
    private let pool: DatabasePool
    private let listener = Mutex<Listener?>(nil)

    /// Not the bare closure: each look at one in a generic lock wraps it once more, until a call overflows the stack.
    private struct Listener: Sendable {
        let observer: Observer
    }

    /// Opens the catalog and brings its tables up to date; makes an empty one where there is none.
    ///
    /// Reads the whole file once to find damage.
    ///
    /// - Throws: `database-damaged` (nothing is moved or mended), `database-unrecognised` for one of a newer version,
    ///   `out-of-space`, `not-permitted` or `input-output`.
    package static func open(_ path: String) throws -> Catalog {
        try CatalogFailure.translate(path) {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // A cache that holds what the largest transaction touches: ten thousand claims would spill out of SQLite's 2 MB.
            try pool.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -16000")
            }
            let catalog = Catalog(path: path, pool: pool)
            try catalog.check()
            try Schema.migrator.migrate(pool)
            return catalog
        }
    }

    private init(path: String, pool: DatabasePool) {
        self.path = path
        self.pool = pool
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 3
        configuration.label = "catalog"
        return configuration
    }

    private func check() throws {
        let verdict = try pool.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard verdict == "ok" else { throw CatalogFailure.damaged(path, verdict) }
        let isNewer = try pool.read { try Schema.migrator.hasBeenSuperseded($0) }
        guard !isNewer else {
            throw Fault(
                .databaseUnrecognised, "the catalog \(path) was written by a newer version",
                hint: "install that version again, or move the catalog aside: backups are read back from the repository"
            )
        }
    }

    /// Waits for running calls and closes the file; later calls throw.
    package func close() throws {
        try CatalogFailure.translate(path) {
            // Readers first: only a writer that closes last moves the WAL into the file and removes it.
            pool.invalidateReadOnlyConnections()
            try pool.close()
        }
    }

    /// Calls `observer` after each commit that recorded messages, with these, in the order of their ids, one call at a time.
    ///
    /// It runs on the committing thread and must return at once without calling the catalog. It is a signal, not the
    /// delivery: whoever must miss nothing keeps the last id and reads on from there.
    package func observe(_ observer: @escaping Observer) { listener.withLock { $0 = Listener(observer: observer) } }

    /// Writes a consistent copy of the catalog into the new file `path`, for example to back it up.
    package func copy(to path: String) throws {
        try CatalogFailure.translate(self.path) {
            let target = try DatabaseQueue(path: path)
            try pool.backup(to: target)
            try target.close()
        }
    }

    /// One transaction: all of it is durable on return, or nothing happened.
    ///
    /// - Parameter isUrgent: leaves it to the next one to move a grown WAL into the file, which can take long.
    func transition<Value>(isUrgent: Bool = false, _ body: (Transition) throws -> Value) throws -> Value {
        try CatalogFailure.translate(path) {
            try pool.write { database in
                try database.execute(sql: "PRAGMA wal_autocheckpoint = \(isUrgent ? 0 : 1000)")
                let transition = Transition(database)
                let value = try body(transition)
                publish(transition.messages, of: database)
                return value
            }
        }
    }

    private func publish(_ messages: [Message], of database: Database) {
        guard !messages.isEmpty else { return }
        database.afterNextTransaction { [self] _ in listener.withLock { $0 }?.observer(messages) }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try CatalogFailure.translate(path) { try pool.read(body) }
    }
}
