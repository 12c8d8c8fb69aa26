import CSQLite
import Model
import Platform

/// A question to a copy of our own, which can do nothing but read it.
///
/// The image is opened as immutable; beyond that the authorizer refuses whatever isn't reading: `ATTACH` would open
/// other files, and so would functions that load extensions.
struct ScratchQuery {
    let text: String
    let limit: Duration

    /// - Throws: as `Engine.query`.
    func run(in copy: String, step: @escaping () throws -> Void, each: ([String?]) throws -> Void) throws {
        let started = BootClock.now()
        do {
            let connection = try ScratchDatabase.reading(copy)
            sqlite3_limit(connection.handle, SQLITE_LIMIT_LENGTH, 64 << 20)
            sqlite3_set_authorizer(connection.handle, ScratchQuery.authorize, nil)
            let watching: () throws -> Void = { try watch(since: started, step) }
            try connection.watched(by: watching) {
                let statement = try prepare(connection)
                defer { sqlite3_finalize(statement) }
                try rows(of: statement, connection, each)
            }
        } catch let failure as ScratchDatabase.Connection.Failure {
            throw fault(failure)
        }
    }

    private func watch(since started: Duration, _ step: @escaping () throws -> Void) throws {
        guard BootClock.now() - started < limit else {
            throw Fault(
                .timedOut, "a query took longer than \(limit.components.seconds) s",
                hint: "ask for less, or by a column that has an index")
        }
        try step()
    }

    private func prepare(_ connection: ScratchDatabase.Connection) throws -> OpaquePointer? {
        var statement: OpaquePointer?
        let rest = try text.withCString { start in
            var tail: UnsafePointer<CChar>?
            try connection.expect(sqlite3_prepare_v2(connection.handle, start, -1, &statement, &tail), [SQLITE_OK])
            return tail.map { String(cString: $0) } ?? ""
        }
        let isOne = rest.allSatisfy { $0.isWhitespace || $0 == ";" }
        guard let statement, isOne, sqlite3_stmt_readonly(statement) != 0 else {
            sqlite3_finalize(statement)
            throw Fault(.wrongUsage, "not one query that only reads", hint: "write one SELECT a query")
        }
        return statement
    }

    private func rows(
        of statement: OpaquePointer?, _ connection: ScratchDatabase.Connection, _ each: ([String?]) throws -> Void
    ) throws {
        while true {
            let code = sqlite3_step(statement)
            guard code == SQLITE_ROW || code == SQLITE_DONE else {
                // Not the longer text: it may quote what the rows hold.
                throw ScratchDatabase.Connection.Failure(code: code, text: String(cString: sqlite3_errstr(code)))
            }
            guard code == SQLITE_ROW else { return }
            try each((0..<sqlite3_column_count(statement)).map { Self.value(statement, $0) })
        }
    }

    private static func value(_ statement: OpaquePointer?, _ column: Int32) -> String? {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: return nil
        case SQLITE_BLOB:
            let bytes = UnsafeRawBufferPointer(
                start: sqlite3_column_blob(statement, column), count: Int(sqlite3_column_bytes(statement, column)))
            return "X'\(Hexadecimal.encode(Array(bytes)))'"
        default:
            guard let text = sqlite3_column_text(statement, column) else { return "" }
            let count = Int(sqlite3_column_bytes(statement, column))
            return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
        }
    }

    /// Its own words may quote the query, never a row.
    private func fault(_ failure: ScratchDatabase.Connection.Failure) -> Fault {
        switch failure.code & 0xFF {
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_IOERR:
            Fault(.databaseDamaged, "the copy can't be read: \(failure.text)")
        case SQLITE_AUTH:
            Fault(.wrongUsage, "not a query that only reads: \(failure.text)", hint: "write one SELECT a query")
        default: Fault(.wrongUsage, "the query fails: \(failure.text)", hint: "try it in SQLite's own shell")
        }
    }

    /// Reading, and what full-text and other virtual tables prepare in their database themselves.
    private static let authorize:
        @convention(c) (
            UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
            UnsafePointer<CChar>?
        ) -> Int32 = { _, action, first, second, third, _ in
            switch action {
            case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
            case SQLITE_FUNCTION:
                let name = second.map { String(cString: $0).lowercased() } ?? ""
                return ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"].contains(name)
                    ? SQLITE_DENY : SQLITE_OK
            case SQLITE_PRAGMA:
                let name = first.map { String(cString: $0).lowercased() } ?? ""
                let isPlain = second == nil && ["data_version", "page_size", "user_version"].contains(name)
                return isPlain ? SQLITE_OK : SQLITE_DENY
            case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE:
                // Virtual tables prepare these for their own tables when they are opened. None can be carried out: the
                // image is read-only, and a query that writes is refused by itself.
                return third.map { String(cString: $0) } == "main" ? SQLITE_OK : SQLITE_DENY
            default: return SQLITE_DENY
            }
        }
}

extension SQLiteEngine {
    package func query(
        _ query: String, in copy: String, limit: Duration, step: @escaping () throws -> Void,
        each: ([String?]) throws -> Void
    ) throws {
        try ScratchQuery(text: query, limit: limit).run(in: copy, step: step, each: each)
    }
}

extension ScratchDatabase.Connection {
    /// Runs `body` while `step` is called again and again; what `step` throws interrupts the statement at work.
    func watched<Value>(by step: @escaping () throws -> Void, _ body: () throws -> Value) throws -> Value {
        let watch = Watch(step)
        return try withExtendedLifetime(watch) {
            sqlite3_progress_handler(
                handle, 20_000, { $0.map { Unmanaged<Watch>.fromOpaque($0).takeUnretainedValue().look() } ?? 0 },
                Unmanaged.passUnretained(watch).toOpaque())
            defer { sqlite3_progress_handler(handle, 0, nil, nil) }
            do {
                return try body()
            } catch {
                throw watch.stopped ?? error
            }
        }
    }

    private final class Watch {
        private let step: () throws -> Void
        private(set) var stopped: (any Error)?

        init(_ step: @escaping () throws -> Void) { self.step = step }

        /// Not 0 interrupts.
        func look() -> Int32 {
            do {
                try step()
                return 0
            } catch {
                stopped = error
                return 1
            }
        }
    }
}
