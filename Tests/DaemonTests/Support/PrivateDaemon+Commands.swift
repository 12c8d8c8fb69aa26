import Foundation
import Model
import Testing
import Wire

extension PrivateDaemon {
    /// Runs `holdfast` against this daemon.
    @discardableResult
    func holdfast(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> Output {
        try await holdfast(arguments, within: limit)
    }

    func holdfast(_ arguments: [String], within limit: Duration = .seconds(60)) async throws -> Output {
        try await folder.run(Programs.command, arguments + ["--socket", socket], within: limit)
    }

    /// Runs `holdfast` on the repository alone, without the daemon.
    @discardableResult
    func alone(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> Output {
        try await alone(arguments, within: limit)
    }

    func alone(_ arguments: [String], within limit: Duration = .seconds(60)) async throws -> Output {
        try await folder.run(
            Programs.command, arguments + ["--repository", repository, "--key-file", keyFile], within: limit)
    }

    /// As `holdfast`; anything but success ends the test.
    @discardableResult
    func succeed(_ arguments: String..., within limit: Duration = .seconds(60)) async throws -> String {
        try await Self.good(holdfast(arguments, within: limit))
    }

    @discardableResult
    func succeed(alone arguments: [String], within limit: Duration = .seconds(60)) async throws -> String {
        try await Self.good(alone(arguments, within: limit))
    }

    static func good(_ output: Output) throws -> String {
        guard output.status == 0 else { throw Unexpected("\(output)") }
        return output.text
    }

    /// What a command prints with `--json`.
    func read<Value: Decodable>(_ type: Value.Type, _ arguments: String...) async throws -> Value {
        let output = try await holdfast(arguments + ["--json"])
        return try Self.decode(type, try Self.good(output), of: output)
    }

    func read<Value: Decodable>(_ type: Value.Type, alone arguments: [String]) async throws -> Value {
        let output = try await alone(arguments + ["--json"])
        return try Self.decode(type, try Self.good(output), of: output)
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ text: String, of output: Output) throws -> Value
    {
        do { return try WireCoding.decode(type, from: text.utf8) } catch { throw Unexpected("\(error): \(output)") }
    }

    /// Recovery points, oldest first.
    func backups(_ database: String...) async throws -> [Backup] {
        let output = try await holdfast(["backups"] + database + ["--json"])
        let found = try Self.decode(Listing<Backup>.self, try Self.good(output), of: output).items
        return found.sorted { ($0.database, $0.id.sequence) < ($1.database, $1.id.sequence) }
    }

    /// The newest recovery point of a database.
    func newest(_ database: String) async throws -> Backup {
        guard let backup = try await backups(database).last else { throw Unexpected("\(database) has no backup") }
        return backup
    }

    /// Takes a backup and says which point it made.
    @discardableResult
    func backUp(_ database: String, full: Bool = false) async throws -> Backup {
        let output = try await holdfast(["backup", database] + (full ? ["--full"] : []), within: .seconds(120))
        _ = try Self.good(output)
        return try await newest(database)
    }

    /// Restores a point beside, and gives the path of the copy.
    func restoreBeside(_ database: String, _ backup: BackupID) async throws -> String {
        let target = folder.fresh("restored/copy")
        try await succeed("restore", database, "--backup", "\(backup)", "--to", target)
        return target
    }

    /// Restores a point beside and compares it with what the ledger in it proves; gives the ledger's last entry.
    @discardableResult
    func proveByRestore(_ database: String, _ backup: BackupID) async throws -> Int {
        let copy = try await restoreBeside(database, backup)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        return try await Ledger(copy, in: folder).check()
    }

    /// Messages so far, oldest first.
    func messages() async throws -> [Message] {
        try await read(Listing<Message>.self, "messages", "--limit", "1000").items
    }
}

/// The fault that a command printed with `--json` on standard error.
func problem(_ output: Output) throws -> ProblemObject {
    let line = output.errors.split(separator: "\n").last { $0.hasPrefix("{") }
    guard let line else { throw Unexpected("no error object: \(output)") }
    return try WireCoding.decode(ErrorObject.self, from: line.utf8).error
}

/// Expects a refusal: exit status, permanent code, and a hint that says what to do.
func expectRefusal(
    _ output: Output, _ status: Int32, _ code: Code, at location: SourceLocation = #_sourceLocation
) {
    #expect(output.status == status, "\(output)", sourceLocation: location)
    #expect(output.errors.contains("[\(code.rawValue)]"), "\(output)", sourceLocation: location)
    #expect(output.errors.contains("hint:"), "no hint: \(output)", sourceLocation: location)
}
