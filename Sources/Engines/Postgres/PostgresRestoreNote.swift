import Model
import Platform

/// What a restore has to know of the cluster that a backup is of; a file of the image.
struct PostgresRestoreNote: Codable {
    static let name = "holdfast-backup.json"

    /// The major version, such as 15.
    var version: Int
    var systemIdentifier: String
    var timeline: UInt32
    /// The role that `initdb` made.
    var superuser: String
    /// The log positions between which the backup was taken.
    var started: String
    var stopped: String
    var checksums: Bool
    /// What a server needs to have as large as it was to follow the log.
    var settings: [String: String]
    /// Those there were from the start of the backup to its end; nil in notes of an older version.
    var databases: [String]?

    init(_ facts: PostgresCluster, _ connection: PostgresConnection, from start: PostgresLSN, to end: PostgresLSN)
        throws
    {
        version = facts.majorVersion
        systemIdentifier = facts.systemIdentifier
        timeline = facts.timeline
        started = "\(start)"
        stopped = "\(end)"
        checksums = facts.hasChecksums
        superuser = try connection.query("SELECT rolname FROM pg_roles WHERE oid = 10").one().text("rolname")
        let names = facts.databases.map(\.name) + (try PostgresDiscovery.databaseNames(connection))
        databases = Set(names.map { DatabaseName($0) }).sorted().map(\.text)
        let rows = try connection.query(
            """
            SELECT name, setting FROM pg_settings WHERE name IN ('max_connections', 'max_worker_processes',
                'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction')
            """)
        settings = [:]
        for row in rows { settings[try row.text("name")] = try row.text("setting") }
    }

    var text: String { Records.encode(self) + "\n" }

    /// - Throws: `database-unrecognised` for a folder that is no restored cluster.
    static func read(in folder: String) throws -> PostgresRestoreNote {
        do {
            let text = String(decoding: try Files.read("\(folder)/\(name)"), as: UTF8.self)
            return try Records.decode(PostgresRestoreNote.self, from: text)
        } catch {
            throw Fault(.databaseUnrecognised, "\(folder) is not a restored PostgreSQL cluster", cause: error)
        }
    }
}
