internal import ArgumentParser
package import Model

/// The command line `holdfast`.
struct Holdfast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Back up and restore live databases.",
        discussion: """
            Results go to standard output, everything else to standard error. Exit status: 0 success, 1 failed, 2 wrong \
            usage, 3 partly done, 10 no repository, 11 busy, 12 no key matches, 13 not permitted, 14 in cooldown, \
            15 in maintenance, 16 not found, 17 damage found, 18 overdue, 69 daemon not reachable, 78 bad settings, \
            130 interrupted.

            Example: holdfast backup crm/app.db && holdfast messages --follow
            """,
        version: Build.version,
        subcommands: [
            StatusCommand.self, DatabasesCommand.self, BackupCommand.self, BackupsCommand.self, DownloadCommand.self,
            RestoreCommand.self, VerifyCommand.self, DrillCommand.self, RunsCommand.self, SchedulesCommand.self,
            MaintenanceCommand.self, RetentionCommand.self, PruneCommand.self, ApplyCommand.self, ExportCommand.self,
            ClientsCommand.self,
            MessagesCommand.self,
            RepositoryCommand.self, ConfigCommand.self, SetupCommand.self, DoctorCommand.self, WhoamiCommand.self,
        ])
}

/// The entrance of the executable and of tests.
package enum HoldfastCommand {
    /// Runs one command and returns its exit status.
    ///
    /// - Parameter arguments: without the program's name.
    package static func run(_ arguments: [String], in surroundings: Surroundings) async -> Int32 {
        let terminal = Terminal(surroundings, json: arguments.contains("--json"), quiet: false)
        var alone: (any WorksAlone)?
        do {
            var command = try Holdfast.parseAsRoot(arguments)
            alone = command as? any WorksAlone
            try await Surroundings.$current.withValue(surroundings) {
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
            }
            return 0
        } catch let ending as Ending {
            return ending.status
        } catch let fault as Fault {
            terminal.report(await alone?.explained(fault, in: surroundings) ?? fault)
            return fault.code.exitStatus
        } catch is CancellationError {
            return Code.interrupted.exitStatus
        } catch {
            return usage(error, terminal)
        }
    }

    /// What is wrong with the words of a command line; nil when they can be run, which nothing is.
    ///
    /// - Parameter arguments: without the program's name.
    package static func fault(in arguments: [String]) -> Fault? {
        do {
            _ = try Holdfast.parseAsRoot(arguments)
            return nil
        } catch {
            return Holdfast.exitCode(for: error) == .success ? nil : wrongUsage(error)
        }
    }

    /// Help that was asked for, or what is wrong with the arguments.
    private static func usage(_ error: any Error, _ terminal: Terminal) -> Int32 {
        if Holdfast.exitCode(for: error) == .success {
            terminal.surroundings.output(Holdfast.fullMessage(for: error) + "\n")
            return 0
        }
        let isOurs = String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") || error is ValidationError
        guard isOurs else {
            let fault = Fault.wrapping(error)
            terminal.report(fault)
            return fault.code.exitStatus
        }
        terminal.report(wrongUsage(error))
        return Code.wrongUsage.exitStatus
    }

    private static func wrongUsage(_ error: any Error) -> Fault {
        Fault(.wrongUsage, Holdfast.message(for: error), hint: "see `holdfast --help`, also behind each command")
    }
}

/// Ends a command with a status that is no fault, after it has said everything.
struct Ending: Error {
    let status: Int32

    static let partlyDone = Ending(status: 3)
    static let damageFound = Ending(status: 17)
    static let overdue = Ending(status: 18)
    static let failed = Ending(status: 1)
}
