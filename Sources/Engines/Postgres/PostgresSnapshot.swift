import Model
import Platform

/// A base backup of a whole cluster, read from its files while the server goes on.
///
/// Pages are as the server happens to write them; what it changes meanwhile is in the log, which completes the image. The
/// server ends the backup by itself when the session ends.
///
/// Source: the PostgreSQL 15 manual, 26.3.3 "Making a Base Backup Using the Low Level API".
final class PostgresSnapshot: Snapshot, @unchecked Sendable {
    // Unchecked: used by one thread at a time, as every snapshot is.
    private static let slowest = Duration.seconds(3600)

    let files: [SnapshotFile]
    var dataFolder: String { folder.path }
    private(set) var instant: Instant
    private(set) var token = ""
    var notes: [SnapshotNote] { damaged.isEmpty ? [] : [.pagesDamaged(damaged)] }

    private let folder: PostgresDataFolder
    private let facts: PostgresCluster
    private var connection: PostgresConnection?
    private let started: PostgresLSN
    private var closing: [ClosingFile] = []
    /// The file read last; they are read one after the other.
    private var open: (index: Int, file: File?)?
    private var damaged: [String] = []
    /// Over the names and bytes of small files.
    private var small: UInt64 = 0

    /// What completes the image: bytes in memory, or a file of the log.
    private enum ClosingFile {
        case bytes([UInt8])
        case log(String)
    }

    /// - Throws: `not-permitted`, `server-unreachable`, `busy`, `not-found`.
    init(_ access: PostgresAccess, label: String) throws {
        let connection = try access.connectAnyhow()
        facts = try PostgresDiscovery.look(connection)
        guard !facts.isInRecovery else {
            throw PostgresCluster.inRecovery(access.server)
        }
        try connection.require(.startBackup, .stopBackup, .replication)
        try Self.requireSlots(connection)
        // While the session lasts, no file of the log that this backup needs is taken away.
        try connection.query(
            "SELECT pg_create_physical_replication_slot($1, true, true)", ["holdfast_backup_\(connection.processID)"],
            needs: .replication)
        let answer = try connection.query(
            "SELECT \(facts.hasNewNames ? "pg_backup_start($1, true)" : "pg_start_backup($1, true, false)") AS lsn",
            [label], limit: Self.slowest, needs: .startBackup)
        started = try Self.position(try answer.one().text("lsn"))
        instant = WallClock.now()
        folder = try PostgresDataFolder(
            Files.realPath(facts.dataFolder) ?? facts.dataFolder, version: facts.majorVersion,
            serverLog: try connection.query("SELECT current_setting('log_directory') AS folder").one().text("folder"))
        files = folder.files
        self.connection = connection
    }

    deinit { close() }

    func read(pages: Range<UInt32>, of file: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let offset = Int64(pages.lowerBound) * Int64(PostgresPage.size)
        if file >= files.count { return try readClosing(file - files.count, at: offset, into: buffer) }
        let source = try source(file)
        // What was cut off or deleted since is cut off or deleted again by the log.
        let count = try source?.read(into: buffer, at: offset) ?? 0
        if count < buffer.count { Self.clear(buffer, from: count) }
        if facts.hasChecksums, let source { try check(pages, of: file, in: buffer, upTo: count, source) }
    }

    func finish() throws -> [SnapshotFile] {
        guard let connection else { throw Fault(.internalError, "the backup session is closed") }
        open = nil
        let control = try stableControlFile()
        var result = try addSmallFiles()
        // Nobody waits for an archive: the log is stored here.
        let answer = try connection.query(
            """
            SELECT lsn, labelfile, spcmapfile, pg_snapshot_xmax(pg_current_snapshot())::text AS next
            FROM \(facts.hasNewNames ? "pg_backup_stop(false)" : "pg_stop_backup(false, false)")
            """,
            limit: Self.slowest, needs: .stopBackup
        )
        .one()
        let stopped = try Self.position(try answer.text("lsn"))
        try requireSameTablespaces(connection, upTo: stopped)
        result += [
            try add(PostgresDataFolder.controlFile, .bytes(control), length: Int64(control.count)),
            try add("backup_label", text: try answer.text("labelfile")),
            try add(
                PostgresRestoreNote.name, text: PostgresRestoreNote(facts, connection, from: started, to: stopped).text),
        ]
        if let map = try answer.optional("spcmapfile"), !map.isEmpty {
            result.append(try add("tablespace_map", text: map))
        }
        let segments = WALSegments(timeline: facts.timeline, size: UInt64(facts.logFileSize.bytes))
        for name in segments.names(from: started, to: stopped) + (try histories()) {
            let path = "\(folder.path)/pg_wal/\(name)"
            guard let status = try Files.status(path) else {
                throw Fault(
                    .sourceChanged,
                    "file \(name) of the log of server \(connection.server) was taken away during the backup",
                    hint: "raise max_slot_wal_keep_size or wal_keep_size, so that the log of a whole backup stays")
            }
            result.append(try add("pg_wal/\(name)", .log(path), length: status.size))
        }
        token = Records.encode(
            PostgresToken(
                system: facts.systemIdentifier, timeline: facts.timeline, stopped: "\(stopped)", small: small,
                logFile: UInt64(facts.logFileSize.bytes),
                transaction: try answer.optional("next").flatMap { UInt64($0) }))
        return result
    }

    func close() {
        open = nil
        connection = nil
    }

    func isSame(as token: String) -> Bool {
        (try? Records.decode(PostgresToken.self, from: token)).map {
            $0.small == small && $0.system == facts.systemIdentifier
        }
            ?? false
    }
}

extension PostgresSnapshot {
    private func source(_ index: Int) throws -> File? {
        if let open, open.index == index { return open.file }
        var file: File?
        do {
            file = try File.open(folder.places[index], .readOnly)
            file?.adviseSequential()
        } catch let fault as Fault where fault.code == .notFound {
            // Deleted since: the log says so.
        }
        open = (index, file)
        return file
    }

    private static func clear(_ buffer: UnsafeMutableRawBufferPointer, from count: Int) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// A page that the server was writing is as it was or is written again from the log: it counts as damaged when it keeps
    /// its wrong checksum and hasn't changed since the backup began.
    private func check(
        _ pages: Range<UInt32>, of file: Int, in buffer: UnsafeMutableRawBufferPointer, upTo count: Int, _ source: File
    ) throws {
        guard let relation = relation(of: file) else { return }
        for (number, page) in pages.enumerated() where (number + 1) * PostgresPage.size <= count {
            let bytes = UnsafeMutableRawBufferPointer(
                rebasing: buffer[number * PostgresPage.size..<(number + 1) * PostgresPage.size])
            let block = relation.segment &* PostgresPage.perSegment &+ page
            let offset = Int64(page) * Int64(PostgresPage.size)
            for attempt in 0... {
                let look = PostgresPage(bytes: UnsafeRawBufferPointer(bytes))
                if look.hasItsChecksum(block: block) || look.lsn >= started { break }
                if attempt == 3 {
                    if damaged.count < 100 { damaged.append("block \(block) of \(folder.place(of: files[file]))") }
                    break
                }
                let again = try source.read(into: bytes, at: offset)
                if again < PostgresPage.size { Self.clear(bytes, from: again) }
            }
        }
    }

    private func relation(of file: Int) -> PostgresRelationFile? {
        let place = folder.place(of: files[file])
        guard ["base/", "global/", "pg_tblspc/"].contains(where: { place.begins(with: $0) }) else { return nil }
        return PostgresRelationFile(Files.name(of: files[file].path))
    }

    private func readClosing(_ index: Int, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws {
        var count = 0
        switch closing[index] {
        case .bytes(let bytes):
            let part = bytes.dropFirst(Int(offset)).prefix(buffer.count)
            buffer.copyBytes(from: part)
            count = part.count
        case .log(let path):
            if open?.index != files.count + index { open = (files.count + index, try File.open(path, .readOnly)) }
            count = try open?.file?.read(into: buffer, at: offset) ?? 0
        }
        if count < buffer.count { Self.clear(buffer, from: count) }
    }

    private func add(_ relative: String, text: String) throws -> SnapshotFile {
        let bytes = Array(text.utf8)
        return try add(relative, .bytes(bytes), length: Int64(bytes.count))
    }

    private func add(_ relative: String, _ content: ClosingFile, length: Int64) throws -> SnapshotFile {
        guard var file = files.first else { throw Fault(.internalError, "a data folder without itself") }
        closing.append(content)
        file.path = "\(folder.path)/\(relative)"
        file.kind = .closing
        file.mode = 0o600
        file.length = length
        file.pages = UInt32((length + Int64(PostgresPage.size) - 1) / Int64(PostgresPage.size))
        return file
    }

    /// Those that the log doesn't make good, each as it is now.
    private func addSmallFiles() throws -> [SnapshotFile] {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        var result: [SnapshotFile] = []
        for place in folder.small {
            let path = "\(folder.path)/\(place)"
            guard let status = try Files.status(path), let bytes = try Self.readIfThere(path) else { continue }
            // FNV-1a: told apart from the files of the backup before, not protected against anybody.
            for byte in Array(place.utf8) + [0] + bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
            var file = try add(place, .bytes(bytes), length: Int64(bytes.count))
            file.mode = status.mode
            file.modified = status.modified
            (file.uid, file.gid) = (status.uid, status.gid)
            (file.owner, file.group) = (Users.name(uid: status.uid), Users.groupName(gid: status.gid))
            result.append(file)
        }
        small = sum
        return result
    }

    private static func readIfThere(_ path: String) throws -> [UInt8]? {
        do { return try Files.read(path, limit: 16 << 20) } catch let fault as Fault where fault.code == .notFound {
            return nil
        }
    }

    /// The log of a tablespace that was made meanwhile would make a restored server write into it.
    private func requireSameTablespaces(_ connection: PostgresConnection, upTo stopped: PostgresLSN) throws {
        let scan = PostgresLogScan(
            folder: "\(folder.path)/pg_wal", timeline: facts.timeline, version: facts.majorVersion)
        guard try PostgresDiscovery.tablespaces(connection) == facts.tablespaces,
            try scan.holdsTablespaces(from: started, to: stopped) != true
        else {
            throw Fault(
                .sourceChanged, "a tablespace of server \(connection.server) was made or dropped during the backup",
                hint: "back up again")
        }
    }

    private static func requireSlots(_ connection: PostgresConnection) throws {
        let settings = try connection.query(
            "SELECT current_setting('wal_level') AS level, current_setting('max_replication_slots') AS slots"
        ).one()
        let isReady = try settings.text("level") != "minimal" && settings.text("slots") != "0"
        guard !isReady else { return }
        throw Fault(
            .wrongUsage, "server \(connection.server) is set up without replication, which a backup needs",
            hint:
                "as a superuser: ALTER SYSTEM SET wal_level = replica; ALTER SYSTEM SET max_replication_slots = 10; then "
                + "restart the server")
    }

    /// Twice the same: not in the middle of a write. And the folder is that of the server that answers.
    private func stableControlFile() throws -> [UInt8] {
        let path = "\(folder.path)/\(PostgresDataFolder.controlFile)"
        var last = try Files.read(path)
        for _ in 0..<10 {
            let next = try Files.read(path)
            if next == last {
                try requireOwn(next)
                return next
            }
            last = next
        }
        throw Fault(.sourceChanged, "\(path) changes all the time", hint: "try again")
    }

    /// Source: PostgreSQL 15, `catalog/pg_control.h`: the system identifier comes first.
    private func requireOwn(_ control: [UInt8]) throws {
        let identifier = control.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard control.count >= 8, String(identifier) == facts.systemIdentifier else {
            throw Fault(
                .wrongUsage, "\(folder.path) on this machine is not the data folder of the server that answers",
                hint: "let `connection` name the server of this machine")
        }
    }

    private func histories() throws -> [String] {
        try Files.list("\(folder.path)/pg_wal").filter { $0.ends(with: ".history") }.sorted()
    }

    private static func position(_ text: String) throws -> PostgresLSN {
        guard let position = PostgresLSN(text) else {
            throw Fault(.internalError, "unexpected log position of a PostgreSQL server: \(text)")
        }
        return position
    }
}

extension PostgresCluster {
    /// Version 15 gave the functions of backups new names.
    fileprivate var hasNewNames: Bool { majorVersion >= 15 }
}
