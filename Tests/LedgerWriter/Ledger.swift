import CSQLite

/// The rules that tie all tables of the database to the number of its last transaction.
///
/// Transaction n moves an amount between two accounts, adds one ledger row that continues a running hash, and stamps
/// three customers with n. All of it follows from n, so content that mixes two states never agrees with itself.
enum Ledger {
    static let accounts: Int64 = 100
    static let touched = 3

    static let schema = [
        "CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, turns INTEGER NOT NULL)",
        """
        CREATE TABLE ledger(id INTEGER PRIMARY KEY, source INTEGER NOT NULL, target INTEGER NOT NULL,
        amount INTEGER NOT NULL, running INTEGER NOT NULL, note TEXT NOT NULL)
        """,
        """
        CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, reference TEXT NOT NULL,
        balance INTEGER NOT NULL, stamp INTEGER NOT NULL, remark TEXT NOT NULL)
        """,
        "CREATE INDEX ledger_source ON ledger(source)",
    ]

    static func amount(_ id: Int64) -> Int64 { id * 7919 % 9973 + 1 }
    static func source(_ id: Int64) -> Int64 { id * 31 % accounts + 1 }
    static func target(_ id: Int64) -> Int64 { (id * 31 + 1 + id % (accounts - 1)) % accounts + 1 }
    static func running(_ id: Int64, after previous: Int64) -> Int64 {
        (previous &* 1_000_003 &+ id &* amount(id)) & 0x7FFF_FFFF_FFFF
    }
    static func customer(_ id: Int64, _ turn: Int, of count: Int64) -> Int64 {
        (id &* 104_729 &+ Int64(turn) &* 7_368_787) % count + 1
    }

    /// Writes the next transaction's rows; the caller has begun and will commit.
    static func post(_ connection: Connection, customers: Int64, prose: inout Prose) throws -> Int64 {
        var last: (id: Int64, running: Int64) = (0, 0)
        try connection.each("SELECT id, running FROM ledger ORDER BY id DESC LIMIT 1", []) {
            last = ($0.number(0), $0.number(1))
        }
        let id = last.id + 1
        let amount = amount(id)
        let change = "UPDATE account SET balance = balance + ?, turns = turns + 1 WHERE id = ?"
        try connection.run(change, [.number(-amount), .number(source(id))])
        try connection.run(change, [.number(amount), .number(target(id))])
        try connection.run(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)",
            [
                .number(id), .number(source(id)), .number(target(id)), .number(amount),
                .number(running(id, after: last.running)), .text(prose.remark(words: 6)),
            ])
        for turn in 0..<touched where customers > 0 {
            try connection.run(
                "UPDATE customer SET stamp = ? WHERE id = ?",
                [.number(id), .number(customer(id, turn, of: customers))])
        }
        return id
    }

    /// - Returns: the last transaction.
    /// - Throws: what doesn't agree.
    static func prove(_ connection: Connection) throws -> Int64 {
        let last = try connection.number("SELECT coalesce(max(id), 0) FROM ledger")
        try expect(connection.number("SELECT count(*) FROM ledger") == last, "ledger rows are missing before \(last)")
        var balances = [Int64](repeating: 0, count: Int(accounts) + 1)
        var turns = balances
        var running: Int64 = 0
        try connection.each("SELECT id, source, target, amount, running FROM ledger ORDER BY id", []) { row in
            let id = row.number(0)
            running = Self.running(id, after: running)
            try expect(
                row.number(1) == source(id) && row.number(2) == target(id) && row.number(3) == amount(id)
                    && row.number(4) == running, "ledger row \(id) is wrong")
            balances[Int(source(id))] -= amount(id)
            balances[Int(target(id))] += amount(id)
            turns[Int(source(id))] += 1
            turns[Int(target(id))] += 1
        }
        try connection.each("SELECT id, balance, turns FROM account", []) { row in
            let account = Int(row.number(0))
            try expect(
                row.number(1) == balances[account] && row.number(2) == turns[account],
                "account \(account) doesn't agree with ledger row \(last)")
        }
        try proveCustomers(connection, last)
        return last
    }

    private static func proveCustomers(_ connection: Connection, _ last: Int64) throws {
        let count = try connection.number("SELECT count(*) FROM customer")
        guard count > 0 else { return }
        var stamps: [Int64: Int64] = [:]
        for id in stride(from: Int64(1), through: last, by: 1) {
            for turn in 0..<touched { stamps[customer(id, turn, of: count)] = id }
        }
        try connection.each("SELECT id, stamp FROM customer WHERE stamp > 0", []) { row in
            let expected = stamps.removeValue(forKey: row.number(0)) ?? 0
            try expect(row.number(1) == expected, "customer \(row.number(0)) doesn't agree with ledger row \(last)")
        }
        try expect(stamps.isEmpty, "customers lack the stamps of some transactions up to \(last)")
    }

    private static func expect(_ holds: Bool, _ text: String) throws {
        if !holds { throw Failure(text: "not one committed state: \(text)") }
    }
}
