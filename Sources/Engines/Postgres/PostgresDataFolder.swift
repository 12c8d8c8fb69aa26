import Model
import Platform

/// The files of a cluster that a base backup holds, as `pg_basebackup` chooses them.
///
/// Source: PostgreSQL 15, `backend/backup/basebackup.c` (excludeDirContents, excludeFiles) and the manual's chapter
/// "Backing Up The Data Directory".
struct PostgresDataFolder {
    /// Folders whose content belongs to a running server only; they are there, empty.
    private static let emptied: Set<String> = [
        "pg_wal", "pg_wal/archive_status", "pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots",
        "pg_stat_tmp", "pg_subtrans",
    ]
    private static let excluded: Set<String> = [
        "postmaster.pid", "postmaster.opts", "postgresql.auto.conf.tmp", "current_logfiles.tmp", "backup_label",
        "backup_label.old", "tablespace_map", "tablespace_map.old", "backup_manifest", "recovery.signal",
        "standby.signal", controlFile, ownTablespaces,
        PostgresRestoreNote.name, "holdfast-trial.hba", "holdfast-trial.log", "current_logfiles",
    ]
    /// Read at the end of a backup.
    static let controlFile = "global/pg_control"
    private static let tablespaces = "pg_tblspc"
    /// Where the tablespaces of a restored cluster are, each reached by its link.
    static let ownTablespaces = "holdfast_tablespaces"

    /// Folders in which the log makes good what the server writes meanwhile. Any other file is read at the end, by the
    /// length it has then.
    private static let logged = ["base/", "global/", "pg_tblspc/", "pg_xact/", "pg_multixact/", "pg_commit_ts/"]
    /// A larger one is no configuration or state of the server's.
    private static let longestSmall: Int64 = 4 << 20

    /// Absolute, free of links.
    let path: String
    private let tablespaceVersion: String
    /// Below the data folder; where the server writes its own log.
    private let serverLog: String?

    /// Where the bytes of a file are: of one in a tablespace below the place that its link leads to.
    private(set) var places: [String] = []
    private(set) var files: [SnapshotFile] = []
    /// Places below the data folder of small files that are read at the end.
    private(set) var small: [String] = []

    /// - Parameters:
    ///   - version: the major one.
    ///   - serverLog: the setting `log_directory`.
    /// - Throws: `not-permitted`, `not-found`, `input-output` for what can't be listed.
    init(_ path: String, version: Int, serverLog: String) throws {
        self.path = path
        tablespaceVersion = "PG_\(version)_"
        self.serverLog =
            serverLog.rest(after: "\(path)/") ?? (serverLog.begins(with: "/") ? nil : serverLog)
        add("", at: path, .folder, try Self.status(path))
        try walk("", at: path)
        let order = files.indices.sorted { files[$0].path.precedes(files[$1].path) }
        (files, places) = (order.map { files[$0] }, order.map { places[$0] })
    }

    /// The path below the data folder.
    func place(of file: SnapshotFile) -> String { file.path.rest(after: "\(path)/") ?? "" }

    private mutating func walk(_ folder: String, at place: String) throws {
        let names = try Self.listIfThere(place)
        let unlogged = Set(names.filter { $0.ends(with: "_init") }.map { $0.dropLast(5) })
        for name in names.sorted() {
            let relative = folder.isEmpty ? name : "\(folder)/\(name)"
            guard isWanted(relative, name, unlogged) else { continue }
            let isTablespace = folder == Self.tablespaces
            // Links to other places are left alone, as the server's own programs do. What goes away meanwhile is in the log.
            guard
                let status = try Files.status(
                    "\(place)/\(name)", followLinks: isTablespace || relative == "pg_wal")
            else { continue }
            switch status.kind {
            case .directory:
                let real = isTablespace ? Files.realPath("\(place)/\(name)") ?? "\(place)/\(name)" : "\(place)/\(name)"
                add(relative, at: real, .folder, status)
                if !Self.emptied.contains(relative), serverLog?.isSame(as: relative) != true {
                    try walk(relative, at: real)
                }
                if relative == "pg_wal", let archive = try Files.status("\(real)/archive_status") {
                    add("pg_wal/archive_status", at: "\(real)/archive_status", .folder, archive)
                }
            case .file where !Self.logged.contains { relative.begins(with: $0) } && status.size <= Self.longestSmall:
                small.append(relative)
            case .file: add(relative, at: "\(place)/\(name)", .file, status)
            default: continue
            }
        }
    }

    private func isWanted(_ relative: String, _ name: String, _ unlogged: Set<Substring>) -> Bool {
        if Self.excluded.contains(relative) || name.begins(with: "pgsql_tmp") || name.begins(with: "pg_internal.init") {
            return false
        }
        let steps = relative.parts(between: ["/"])
        if steps.count == 3, steps[0] == Self.tablespaces { return name.begins(with: tablespaceVersion) }
        guard relative.begins(with: "base/") || relative.begins(with: "\(Self.tablespaces)/") else { return true }
        guard let relation = PostgresRelationFile(name) else { return !PostgresRelationFile.isTemporary(name) }
        // Of an unlogged relation a restore has what it is emptied to after a crash.
        return relation.fork == "init" || !unlogged.contains(Substring(relation.number))
    }

    private mutating func add(
        _ relative: String, at place: String, _ kind: SnapshotFile.Kind, _ status: FileStatus
    ) {
        let length = kind == .folder ? 0 : status.size
        files.append(
            SnapshotFile(
                path: relative.isEmpty ? path : "\(path)/\(relative)", kind: kind, uid: status.uid, gid: status.gid,
                owner: Users.name(uid: status.uid), group: Users.groupName(gid: status.gid), mode: status.mode,
                modified: status.modified, length: length, pageSize: PostgresPage.size,
                pages: UInt32((length + Int64(PostgresPage.size) - 1) / Int64(PostgresPage.size))))
        places.append(place)
    }

    private static func status(_ path: String) throws -> FileStatus {
        guard let status = try Files.status(path), status.kind == .directory else {
            throw Fault(.notFound, "data folder \(path) doesn't exist on this machine")
        }
        return status
    }

    private static func listIfThere(_ path: String) throws -> [String] {
        do { return try Files.list(path) } catch let fault as Fault where fault.code == .notFound { return [] }
    }
}

/// What the name of a file below `base`, `global` or a tablespace says: `16384`, `16384_fsm`, `16384.2`.
struct PostgresRelationFile {
    let number: String
    /// `main`, `fsm`, `vm` or `init`.
    let fork: String
    let segment: UInt32

    init?(_ name: String) {
        let dot = name.split(separator: ".", omittingEmptySubsequences: false)
        guard dot.count <= 2, let segment = dot.count == 2 ? UInt32(dot[1]) : 0 else { return nil }
        let parts = dot[0].split(separator: "_", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, parts[0].allSatisfy({ $0.isASCII && $0.isNumber }),
            parts.count == 1 || ["fsm", "vm", "init"].contains(parts[1])
        else { return nil }
        number = String(parts[0])
        fork = parts.count == 2 ? String(parts[1]) : "main"
        self.segment = segment
    }

    /// A session's own relation, `t3_16390`: gone with it.
    static func isTemporary(_ name: String) -> Bool {
        guard name.begins(with: "t") else { return false }
        let parts = name.dropFirst().split(separator: "_", omittingEmptySubsequences: false)
        return parts.count >= 2 && !parts[0].isEmpty && parts[0].allSatisfy { $0.isASCII && $0.isNumber }
            && parts[1].first?.isNumber == true
    }
}
