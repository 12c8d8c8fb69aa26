import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform
import Testing

/// A cluster with the database `crm`, and an engine for it.
final class PostgresSubject: EngineSubject {
    let promises = EnginePromises(knowsUnchanged: false, commandsClients: true)
    let engine: any Engine
    let database: FoundDatabase
    let member = "crm"
    private let server: PostgresServer
    /// Of ours, as the daemon's own is.
    private let scratch: TestFolder

    init() throws {
        scratch = try TestFolder()
        // Nothing but the tests writes.
        server = try PostgresServer(settings: ["autovacuum = off"])
        try server.execute("CREATE ROLE shop LOGIN", "CREATE DATABASE crm CONNECTION LIMIT 7")
        try server.execute(
            "CREATE TABLE ledger (id bigint GENERATED ALWAYS AS IDENTITY, text text)",
            "INSERT INTO ledger (text) SELECT repeat(n::text, 20) FROM generate_series(1, 2000) n", database: "crm")
        engine = try Self.engine(server, at: server.connectionString())
        database = try #require(engine.discover(known: [], memory: nil).finding.databases.first)
    }

    private static func engine(_ server: PostgresServer, at connection: String) throws -> any Engine {
        try EngineRegistry.engine(
            "postgres",
            for: ServerDefinition(
                name: "main", folders: [], connection: connection, scratch: "\(server.folder)/scratch"))
    }

    var restarted: any Engine { get throws { try Self.engine(server, at: server.connectionString()) } }
    var unreachable: any Engine {
        PostgresEngine(ServerDefinition(name: "main", folders: [], connection: "host=/nowhere", scratch: "/nowhere"))
    }

    func change() throws { try server.execute("INSERT INTO ledger (text) VALUES ('changed')", database: member) }

    func content() throws -> [String] {
        try server.execute("SELECT id, text FROM ledger ORDER BY id", database: member).rows.map { row in
            row.map { $0 ?? "" }.joined(separator: "\t")
        }
    }

    /// By what the engine gets out of it.
    func content(of copy: String) throws -> [String] {
        let file = try File.create(scratchPath("extracted-\(UInt32.random(in: 0 ... .max))"), mode: 0o600)
        let members = try #require(engine.members)
        _ = try members.extract(member, as: nil, from: copy, to: file) {}
        let dump = try PostgresProgram("pg_restore", ["--data-only", "--table=ledger", "--file=-", file.path])
        let lines = try dump.hear("PostgreSQL database dump complete").split(separator: "\n")
        return lines.drop { !$0.hasPrefix("COPY ") }.dropFirst().prefix { $0 != "\\." }.map(String.init)
    }

    func surroundings() throws -> [String] {
        let rows = try server.execute(
            """
            SELECT d::text, (SELECT string_agg(s::text, ';' ORDER BY s::text) FROM pg_db_role_setting s
              WHERE setdatabase = d.oid), (SELECT count(*) FROM pg_replication_slots),
              (SELECT string_agg(t::text, ';') FROM pg_tablespace t) FROM pg_database d ORDER BY oid
            """
        ).rows
        return rows.map { $0.map { $0 ?? "" }.joined(separator: "|") }
    }

    func connect() throws -> any SubjectClient { try PostgresShop(server, member) }

    func replace(by copy: String) throws { try server.replaceFiles(by: copy) }

    func damage(_ copy: String) throws {
        let place = try server.execute("SELECT pg_relation_filepath('ledger') AS path", database: member).one()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(copy)/\(try place.text("path"))"))
        try file.seek(toOffset: 3 * 8192)
        try file.write(contentsOf: [UInt8](repeating: 0x5A, count: 8192))
        try file.close()
    }

    /// Either statement of a closing, which is one transaction of two.
    func closeByHalf() -> [() throws -> Void] {
        [
            { try self.server.execute("ALTER DATABASE crm SET \"holdfast.connection_limit\" = '7'") },
            { try self.server.execute("ALTER DATABASE crm CONNECTION LIMIT 0") },
        ]
    }

    func scratchPath(_ name: String) -> String { scratch(name) }
}

/// A program that is connected and listens.
private final class PostgresShop: SubjectClient {
    let processID: Int32
    private let program: PostgresProgram
    private var hasEnded = false

    init(_ server: PostgresServer, _ database: String) throws {
        program = try PostgresProgram("psql", ["-X", "-At", "-h", server.folder, "-U", "shop", "-d", database])
        try program.say("LISTEN holdfast; SELECT pg_backend_pid() || ' is ready';\n")
        let number = try program.hear("is ready").split(separator: "\n").last?.prefix { $0.isNumber }
        guard let number = number.flatMap({ Int32($0) }) else {
            throw Fault(.serverUnreachable, "psql was not let in")
        }
        processID = number
    }

    func isServed() throws -> Bool { try !hasEnded && answers("served") }

    func hears(_ word: String) throws -> Bool {
        // Notifications come with an answer.
        try answers("received from server process", to: "1").contains(word)
    }

    func leave() { program.end() }

    private func answers(_ word: String) throws -> Bool { try answers(word, to: "'\(word)'").contains(word) }

    /// What comes up to `word`; less when the program ends because it has lost its connection.
    private func answers(_ word: String, to question: String) throws -> String {
        try program.say("SELECT \(question);\n")
        let heard = try program.hear(word)
        hasEnded = !heard.contains(word)
        return heard
    }
}
