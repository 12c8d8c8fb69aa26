package import Model

/// What a PostgreSQL cluster is and holds, as it says itself.
package struct PostgresCluster: Sendable, Equatable {
    /// Such as 150018 for 15.18.
    package var version: Int
    /// Made by initdb; the same in every physical copy.
    package var systemIdentifier: String
    /// Absolute, as the server sees it.
    package var dataFolder: String
    /// A standby, or one that still replays.
    package var isInRecovery: Bool
    /// Of one WAL file.
    package var logFileSize: ByteCount
    package var hasChecksums: Bool
    package var timeline: UInt32
    /// Those with a folder of their own, by oid.
    package var tablespaces: [PostgresTablespace]
    /// By name, without `template0` and `template1`.
    package var databases: [PostgresDatabase]

    package var majorVersion: Int { version / 1_00_00 }

    /// A standby can't switch its log file, and its backups would end where it happens to have replayed to.
    static func inRecovery(_ server: String) -> Fault {
        Fault(
            .serverUnsupported,
            "server \(server) is a standby, or still follows its log to where it was restored to",
            hint: "back up its primary; once it is promoted, it is backed up by itself")
    }
}

package struct PostgresTablespace: Sendable, Equatable {
    package var oid: UInt32
    package var name: String
    /// Absolute, as the server sees it.
    package var folder: String
}

package struct PostgresDatabase: Sendable, Equatable {
    package enum State: String, Sendable {
        case open
        /// `ALLOW_CONNECTIONS false`: nobody gets in.
        case closed
        /// `CONNECTION LIMIT 0`: superusers only.
        case limited
        /// Left behind by a `DROP DATABASE` that was interrupted: it can only be dropped.
        case invalid
    }

    /// Kept when the database is renamed.
    package var oid: UInt32
    package var name: String
    package var size: ByteCount
    package var allowsConnections: Bool
    /// −1 is no limit.
    package var connectionLimit: Int
    package var isTemplate: Bool
    /// Sessions of programs, ours included.
    package var sessions: Int

    package var state: State {
        // Source: postgresql.org/docs/15/catalog-pg-database.html: −2 marks an invalid database.
        if connectionLimit == -2 { return .invalid }
        if !allowsConnections { return .closed }
        return connectionLimit == 0 ? .limited : .open
    }
}
