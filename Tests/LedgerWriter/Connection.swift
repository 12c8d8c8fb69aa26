import CSQLite
import Glibc

/// A connection of the writer; errors end the program unless they only mean that others were first.
final class Connection {
    struct Busy: Error {}

    private let handle: OpaquePointer
    private var prepared: [String: OpaquePointer] = [:]

    init(_ path: String, flags: Int32 = SQLITE_OPEN_READWRITE, busyMilliseconds: Int32 = 10_000) throws {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle else {
            sqlite3_close(handle)
            throw Failure(text: "cannot open \(path): \(String(cString: sqlite3_errstr(code)))")
        }
        self.handle = handle
        sqlite3_busy_timeout(handle, busyMilliseconds)
    }

    deinit {
        for statement in prepared.values { sqlite3_finalize(statement) }
        sqlite3_close(handle)
    }

    /// Runs one statement; text and numbers take the place of its question marks.
    func run(_ statement: String, _ values: [Value] = []) throws { try each(statement, values) { _ in } }

    func number(_ statement: String, _ values: [Value] = []) throws -> Int64 {
        var result: Int64 = 0
        try each(statement, values) { result = $0.number(0) }
        return result
    }

    func text(_ statement: String) throws -> [String] {
        var rows: [String] = []
        try each(statement, []) { rows.append($0.text(0)) }
        return rows
    }

    func each(_ statement: String, _ values: [Value], _ body: (Row) throws -> Void) throws {
        let compiled = try compile(statement)
        defer { sqlite3_reset(compiled) }
        for (index, value) in values.enumerated() { value.bind(to: compiled, Int32(index + 1)) }
        while true {
            let code = sqlite3_step(compiled)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw failure(code, statement) }
            try body(Row(statement: compiled))
        }
    }

    private func compile(_ statement: String) throws -> OpaquePointer {
        if let ready = prepared[statement] { return ready }
        var compiled: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, statement, -1, &compiled, nil)
        guard code == SQLITE_OK, let compiled else { throw failure(code, statement) }
        prepared[statement] = compiled
        return compiled
    }

    private func failure(_ code: Int32, _ statement: String) -> any Error {
        let primary = code & 0xFF
        if primary == SQLITE_BUSY || primary == SQLITE_LOCKED { return Busy() }
        return Failure(text: "\(String(cString: sqlite3_errmsg(handle))) (\(code)) in: \(statement)")
    }
}

enum Value {
    case number(Int64)
    case text([UInt8])

    func bind(to statement: OpaquePointer, _ index: Int32) {
        let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch self {
        case .number(let number): sqlite3_bind_int64(statement, index, number)
        case .text(let bytes):
            bytes.withUnsafeBufferPointer { buffer in
                buffer.withMemoryRebound(to: CChar.self) {
                    _ = sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), copies)
                }
            }
        }
    }
}

struct Row {
    let statement: OpaquePointer

    func number(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }
    func text(_ column: Int32) -> String { sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "" }
}
