import Foundation
import Glibc

/// A SQLite database whose content proves which committed state an image of it holds. Only `ledger-writer`, a process
/// of its own, ever opens it: POSIX locks of a process vanish when any descriptor of the file is closed in it.
struct Ledger: Sendable {
    enum Journal: String, Sendable, CaseIterable {
        case wal
        case delete
    }

    let path: String
    let folder: PrivateFolder

    init(_ path: String, in folder: PrivateFolder) {
        self.path = path
        self.folder = folder
    }

    /// Makes the database, closed and at rest on return.
    @discardableResult
    func create(_ journal: Journal = .wal, pageSize: Int = 4096, size: Int = 1 << 18) async throws -> Ledger {
        try await good([
            "create", path, "--journal", journal.rawValue, "--page-size", "\(pageSize)", "--size", "\(size)",
        ])
        return self
    }

    /// Commits some more transactions, and closes: at rest on return.
    func append(_ transactions: Int = 1) async throws {
        try await write(["--transactions", "\(transactions)"])
    }

    /// Runs a writer to its end.
    func write(_ options: [String]) async throws {
        try await good(["write", path, "--seconds", "0"] + options)
    }

    /// Changes random rows in one transaction, which the ledger doesn't count.
    func update(rows: Int, seed: UInt32 = 2) async throws {
        try await good(["update", path, "--rows", "\(rows)", "--seed", "\(seed)"])
    }

    /// A writer that goes on until it is stopped.
    func startWriter(_ options: [String] = []) throws -> Child {
        try Child(
            Programs.ledgerWriter, ["write", path, "--seconds", "0"] + options, output: folder.fresh("writer"))
    }

    /// A process that has the database open until its input ends.
    func startHolder(_ options: String...) async throws -> Child {
        let holder = try Child(
            Programs.ledgerWriter, ["hold", path] + options, output: folder.fresh("holder"), input: .held)
        try await until("a holder of \(path): \(holder.errors)") { holder.output.contains("ready") }
        return holder
    }

    /// Expects a sound database that holds exactly one committed state.
    /// - Returns: the number of its last transaction.
    @discardableResult
    func check() async throws -> Int {
        let words = try await good(["check", path]).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "ok", let number = Int(words[1]) else { throw Unexpected("\(words)") }
        return number
    }

    @discardableResult
    private func good(_ arguments: [String]) async throws -> String {
        try PrivateDaemon.good(try await folder.run(Programs.ledgerWriter, arguments, within: .seconds(120)))
    }
}

/// Ends a writer between two transactions; the database is at rest on return.
func stop(_ writer: Child) async throws {
    writer.signal(SIGTERM)
    let output = try await writer.wait(within: .seconds(60))
    guard output.status == 0 else { throw Unexpected("\(output)") }
}

extension PrivateDaemon {
    /// A ledger among the protected databases.
    func ledger(_ name: String) -> Ledger { Ledger("\(databases)/\(name)", in: folder) }
}
