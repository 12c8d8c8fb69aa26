import Model
import Platform

/// A look into a stretch of the write-ahead log, by the server's own program.
struct PostgresLogScan {
    private static let limit = Duration.seconds(3600)

    /// Where the files of the log are.
    let folder: String
    let timeline: UInt32
    /// The major one.
    let version: Int

    /// Whether a tablespace was made or dropped between two positions.
    ///
    /// - Returns: nil when the program isn't installed.
    /// - Throws: `input-output` when it can't read the log.
    func holdsTablespaces(from start: PostgresLSN, to end: PostgresLSN) throws -> Bool? {
        let program =
            "\(PostgresPrograms.folders(version: version).first { Files.exists("\($0)/pg_waldump") } ?? "")/pg_waldump"
        guard Files.exists(program) else { return nil }
        let child = ChildProcess(
            program,
            ["--path=\(folder)", "--timeline=\(timeline)", "--start=\(start)", "--end=\(end)", "--rmgr=Tablespace"],
            environment: ["LC_ALL": "C.UTF-8"], deadline: Self.limit)
        let result = try Threads.waiting { try await child.run() }
        guard result.ending == .exited(0) else {
            throw Fault(
                .inputOutput, "cannot look into the log in \(folder): pg_waldump \(result.ending): \(result.output)",
                hint: "back up again; if it stays so, see the server's log")
        }
        return !result.output.isEmpty
    }
}
