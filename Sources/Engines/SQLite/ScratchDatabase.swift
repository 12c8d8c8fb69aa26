import CSQLite

/// SQLite itself, for copies of our own only: a user's database is never opened by it.
enum ScratchDatabase {
    /// Lets SQLite roll back or fold in what a crash has left beside the copy at `path`.
    static func recover(_ path: String) throws {
        let connection = try Connection(path, flags: SQLITE_OPEN_READWRITE)
        _ = try connection.column("PRAGMA schema_version")
        _ = try connection.column("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// The answer of SQLite's `integrity_check`; empty when it is `ok`.
    ///
    /// Opened as immutable: no lock is taken and no file made, whatever the journal mode.
    static func problems(_ path: String, step: @escaping () throws -> Void) throws -> [String] {
        let connection = try reading(path)
        let lines = try connection.watched(by: step) { try check(connection) }
        return lines == ["ok"] ? [] : lines
    }

    /// For reading an image that nobody changes.
    static func reading(_ path: String) throws -> Connection {
        let connection = try Connection(uri(path), flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
        _ = try connection.column("PRAGMA mmap_size=0")
        _ = try connection.column("PRAGMA cache_size=-8192")
        return connection
    }

    /// An index by a collation or a function that only the application has can't be checked; all else can.
    private static func check(_ connection: Connection) throws -> [String] {
        do {
            return try connection.column("PRAGMA integrity_check(100)")
        } catch let failure as Connection.Failure where failure.code & 0xFF == SQLITE_ERROR {
            return try connection.column("PRAGMA quick_check(100)")
        }
    }

    /// Source: sqlite.org/uri.html; every byte that is not plain is written as `%xx`.
    private static func uri(_ path: String) -> String {
        let plain = path.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                byte < 0x80 && (scalar.properties.isAlphabetic || "0123456789/-._~".unicodeScalars.contains(scalar))
            return isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "file:\(plain.joined())?immutable=1"
    }
}

extension ScratchDatabase {
    final class Connection {
        struct Failure: Error {
            let code: Int32
            let text: String
        }

        let handle: OpaquePointer

        /// - Parameter system: SQLite's name for how it talks to the file system; nil is its default.
        init(_ path: String, flags: Int32, system: String? = nil) throws {
            var handle: OpaquePointer?
            let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, system)
            guard code == SQLITE_OK, let handle else {
                sqlite3_close(handle)
                throw Failure(code: code, text: String(cString: sqlite3_errstr(code)))
            }
            self.handle = handle
            sqlite3_extended_result_codes(handle, 1)
        }

        deinit { sqlite3_close(handle) }

        /// First column of all rows, as text.
        func column(_ statement: String) throws -> [String] {
            var prepared: OpaquePointer?
            try expect(sqlite3_prepare_v2(handle, statement, -1, &prepared, nil), [SQLITE_OK])
            defer { sqlite3_finalize(prepared) }
            var rows: [String] = []
            while true {
                let code = sqlite3_step(prepared)
                try expect(code, [SQLITE_ROW, SQLITE_DONE])
                guard code == SQLITE_ROW else { return rows }
                rows.append(sqlite3_column_text(prepared, 0).map { String(cString: $0) } ?? "")
            }
        }

        func expect(_ code: Int32, _ good: [Int32]) throws {
            guard !good.contains(code) else { return }
            throw Failure(code: code, text: String(cString: sqlite3_errmsg(handle)))
        }
    }
}
