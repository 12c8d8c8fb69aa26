import Foundation
import Model
import Platform

/// PostgreSQL's own programs.
enum PostgresPrograms {
    static func folders(version: Int) -> [String] {
        ["/usr/lib/postgresql/\(version)/bin", "/usr/pgsql-\(version)/bin", "/usr/local/pgsql/bin"]
    }

    /// - Throws: `not-found`.
    static func folder(version: Int) throws -> String {
        guard
            let folder = folders(version: version).first(where: {
                Files.exists("\($0)/pg_ctl") && Files.exists("\($0)/pg_amcheck")
            })
        else {
            throw Fault(
                .notFound, "the programs of PostgreSQL \(version) are not installed",
                hint: "install postgresql-\(version), the same major version as the server's")
        }
        return folder
    }

    /// Runs a program to its end, without the capabilities of this process.
    ///
    /// - Parameters:
    ///   - wrapper: the words of a program that starts it.
    ///   - options: of its sessions; it has no connection string to say them in.
    ///   - output: takes what it prints; nil shows it in the result.
    /// - Throws: what `stop` has been told to throw; `timed-out`.
    static func run(
        _ program: String, _ arguments: [String], under wrapper: [String] = [], options: String? = nil,
        output: File? = nil, deadline: Duration, _ stop: StepStop
    ) throws -> ChildProcess.Result {
        let words = wrapper + [program] + arguments
        let child = ChildProcess(
            words[0], Array(words.dropFirst()), environment: environment(options), output: output, deadline: deadline
        ).withoutRights()
        let result = try Threads.waiting { try await child.run(stop: { stop.isAsked() }) }
        try stop.rethrow()
        return result
    }

    /// Of libpq's own variables what the daemon has, so that a program finds the same server and password file.
    private static func environment(_ options: String?) -> [String: String] {
        let ours = ProcessInfo.processInfo.environment.filter { name, _ in
            name == "HOME" || name.hasPrefix("PG") && !["PGOPTIONS", "PGDATABASE", "PGAPPNAME"].contains(name)
        }
        let theirs = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"].merging(options.map { ["PGOPTIONS": $0] } ?? [:]) {
            $1
        }
        return ours.merging(theirs) { $1 }
    }

    /// Why a program failed: its first complaint only, since what follows may quote statements and rows.
    static func complaint(of result: ChildProcess.Result, _ program: String) -> Fault {
        let lines = result.output.split(separator: " / ")
        let first = lines.first { $0.contains("error:") || $0.contains("ERROR:") } ?? lines.last ?? ""
        let isFull = result.output.contains("No space left on device")
        return Fault(
            result.stop == .deadline ? .timedOut : isFull ? .outOfSpace : .inputOutput,
            "\(program) \(result.ending): \(first)",
            hint: isFull ? "free some space on the file system that it wrote to" : "mend what it names, and try again")
    }
}
