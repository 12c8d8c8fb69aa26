import Model
import Platform

/// The check of a restored cluster: a throw-away server recovers it, and PostgreSQL's own program looks at every table and
/// index of every database.
struct PostgresTrial {
    private static let limit = Duration.seconds(7 * 86_400)

    private let server: PostgresThrowAway

    /// - Throws: `database-unrecognised`; `not-found` when the programs of its version aren't installed.
    init(_ folder: String) throws { server = try PostgresThrowAway(folder) }

    /// - Returns: what is wrong with it.
    /// - Throws: what says nothing of it, and what `step` throws.
    func problems(step: @escaping @Sendable () throws -> Void) throws -> [String] {
        let stop = StepStop(step)
        defer { server.end() }
        if let words = try server.start(stop) { return ["the server doesn't start on it: \(words)"] }
        let look = try PostgresPrograms.run(
            "\(try PostgresPrograms.folder(version: server.note.version))/pg_amcheck",
            [
                "--all", "--install-missing", "--jobs=2", "--host=\(server.socketFolder)",
                "--port=\(PostgresThrowAway.port)",
                "--username=\(server.note.superuser)", "--no-password", "--maintenance-db=template1",
            ], options: server.sessionOptions, deadline: Self.limit, stop)
        guard look.ending != .exited(0) else { return [] }
        if look.output.contains("connection to server") {
            throw PostgresThrowAway.unable("the server on it lets nobody in", look.output)
        }
        return ["pg_amcheck \(look.ending): \(look.output)"]
    }
}
