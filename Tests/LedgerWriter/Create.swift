import CSQLite
import Glibc

/// Makes a new database of about the size asked for, in one transaction.
func create(_ arguments: Arguments) throws {
    let size = Int64(try arguments.number("--size", default: 1 << 20))
    let pageSize = try arguments.number("--page-size", default: 4096)
    let journal = arguments.text("--journal", default: "wal")
    guard ["wal", "delete", "truncate", "persist"].contains(journal) else {
        throw Failure(text: "unknown journal mode: \(journal)", status: 2)
    }
    guard access(arguments.path, F_OK) != 0 else { throw Failure(text: "\(arguments.path) exists") }
    let connection = try Connection(arguments.path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    for pragma in ["page_size=\(pageSize)", "journal_mode=off", "synchronous=off", "cache_size=-65536"] {
        _ = try connection.text("PRAGMA \(pragma)")
    }
    try connection.run("BEGIN")
    for statement in Ledger.schema { try connection.run(statement) }
    for account in 1...Ledger.accounts {
        try connection.run("INSERT INTO account VALUES (?, 0, 0)", [.number(account)])
    }
    try fill(connection, size: size, seed: UInt64(try arguments.number("--seed", default: 1)))
    try connection.run("COMMIT")
    _ = try connection.text("PRAGMA journal_mode=\(journal)")
}

private func fill(_ connection: Connection, size: Int64, seed: UInt64) throws {
    var prose = Prose(seed: seed)
    let pageSize = try connection.number("PRAGMA page_size")
    var id: Int64 = 0
    while true {
        if id % 256 == 0, try connection.number("PRAGMA page_count") * pageSize >= size { return }
        id += 1
        try connection.run(
            "INSERT INTO customer VALUES (?, ?, ?, ?, 0, ?)",
            [
                .number(id), .text(prose.person()), .text(prose.reference()), .number(prose.number(below: 1_000_000)),
                .text(prose.remark(words: 60)),
            ])
    }
}

/// Changes random customers in one transaction.
func update(_ arguments: Arguments) throws {
    let connection = try Connection(arguments.path)
    var prose = Prose(seed: UInt64(try arguments.number("--seed", default: 2)))
    try connection.run("BEGIN IMMEDIATE")
    let count = Int(try connection.number("SELECT count(*) FROM customer"))
    guard count > 0 else { throw Failure(text: "\(arguments.path) has no customers") }
    for _ in 0..<(try arguments.number("--rows", default: 2000)) {
        try connection.run(
            "UPDATE customer SET balance = ?, reference = ? WHERE id = ?",
            [
                .number(prose.number(below: 1_000_000)), .text(prose.reference()),
                .number(prose.number(below: count) + 1),
            ])
    }
    try connection.run("COMMIT")
}

/// Proves a file at rest; prints its last transaction.
func check(_ arguments: Arguments) throws {
    let isAlone = ["-wal", "-journal"].allSatisfy { access(arguments.path + $0, F_OK) != 0 }
    let plain = arguments.path.utf8.map { byte in
        "?#% ".utf8.contains(byte) || byte >= 0x80 || byte < 0x20
            ? "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) : String(UnicodeScalar(byte))
    }
    let connection =
        isAlone
        ? try Connection("file:\(plain.joined())?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
        : try Connection(arguments.path)
    let lines = try connection.text("PRAGMA integrity_check(20)")
    guard lines == ["ok"] else { throw Failure(text: "damaged: \(lines.joined(separator: "; "))") }
    say("ok \(try Ledger.prove(connection))")
}
