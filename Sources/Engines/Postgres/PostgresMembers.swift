import Model
import Platform

/// The databases of a cluster, one by one: `pg_dump` gets them out of a copy that a throw-away server was started on, and
/// `pg_restore` puts them into the running server.
struct PostgresMembers: MemberEngine {
    private static let limit = Duration.seconds(7 * 86_400)

    /// To the running server; without use for what only extracts.
    let access: Result<PostgresAccess, Fault>

    let listFile = PostgresRestoreNote.name

    func members(in list: [UInt8]) throws -> [String]? {
        let note = try Records.decode(PostgresRestoreNote.self, from: String(decoding: list, as: UTF8.self))
        _ = try PostgresPrograms.folder(version: note.version)
        return note.databases?.map(PostgresMember.member)
    }

    func extract(
        _ member: String, as name: String?, from copy: String, to file: File,
        step: @escaping @Sendable () throws -> Void
    ) throws -> ExtractedMember {
        let stop = StepStop(step)
        // A file that is to be loaded is best written by the programs of the server that loads it.
        let version = name == nil ? nil : try access.get().connectAnyhow().version / 1_00_00
        let server = try PostgresThrowAway(copy)
        defer { server.end() }
        if let words = try server.start(stop) {
            throw Fault(
                .databaseDamaged, "no server starts on the restored copy: \(words)",
                hint: "restore from another backup; `holdfast drill` tells which are good")
        }
        let access = try server.access()
        let connection = try access.connect(database: "template1", step: step)
        var found = try PostgresMember(member, of: connection)
        try found.settle(as: name, access, connection)
        let database = found.temporary ?? found.name
        try found.collectNeeds(try access.connect(database: database, step: step))
        let result = try PostgresPrograms.run(
            "\(try PostgresPrograms.folder(version: max(version ?? 0, found.version)))/pg_dump",
            ["--format=custom", "--no-password", "--dbname=\(access.words(database: database))"]
                // What is loaded at once and thrown away isn't worth much work.
                + (name == nil ? [] : ["--compress=1"]),
            output: file, deadline: Self.limit, stop)
        guard result.ending == .exited(0) else { throw PostgresPrograms.complaint(of: result, "pg_dump") }
        return ExtractedMember(size: ByteCount(found.size), record: Records.encode(found))
    }

    func requirePlace(for member: String, endsClients: Bool) throws {
        try PostgresPlacement(try access.get()).requirePlace(for: member, endsClients: endsClients)
    }

    func load(_ member: ExtractedMember, from file: String, step: @escaping @Sendable () throws -> Void) throws {
        let access = try access.get()
        let placement = try PostgresPlacement(access)
        let found = try record(of: member)
        let name = found.temporary ?? found.name
        try placement.requireNeeds(of: found)
        let programs = try PostgresPrograms.folder(version: max(found.version, placement.version))
        let result = try PostgresPrograms.run(
            "\(programs)/pg_restore",
            [
                "--create", "--exit-on-error", "--no-password",
                "--dbname=\(access.words(database: PostgresPlacement.elsewhere))", file,
            ], deadline: Self.limit, StepStop(step))
        guard result.ending == .exited(0) else { throw PostgresPrograms.complaint(of: result, "pg_restore") }
        // A dump has no statistics, without which queries are slow.
        try access.connect(database: name, step: step).query("ANALYZE", limit: Self.limit, step: step)
    }

    func place(_ member: ExtractedMember, endsClients: Bool, at instant: Instant) throws -> String? {
        try PostgresPlacement(try access.get()).place(try record(of: member), endsClients: endsClients, at: instant)
    }

    func drop(loaded name: String) throws -> Bool {
        try PostgresPlacement(try access.get()).drop(name, isForced: true)
    }

    func replaced(by member: String) throws -> [String] {
        try PostgresPlacement(try access.get()).replaced(by: member)
    }

    func drop(replaced name: String) throws {
        _ = try PostgresPlacement(try access.get()).drop(name, isForced: false)
    }

    private func record(of member: ExtractedMember) throws -> PostgresMember {
        try Records.decode(PostgresMember.self, from: member.record)
    }
}
