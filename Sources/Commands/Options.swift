internal import ArgumentParser
internal import Client
internal import Model
internal import Settings

/// Options of every command.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The daemon's socket.", valueName: "path"))
    var socket: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print nothing but results and errors.")
    var quiet = false

    var terminal: Terminal { Terminal(.current, json: json, quiet: quiet) }

    /// The socket named, else that of the settings file, else the standard one.
    var client: DaemonClient {
        let settings = socket == nil ? SettingsFiles.check(Surroundings.current.settingsPath).settings : nil
        return DaemonClient(socket: socket ?? settings?.socket ?? "/run/holdfast/holdfast.sock")
    }
}

/// Asks before something that can't be taken back.
struct ConfirmOptions: ParsableArguments {
    @Flag(help: "Don't ask.")
    var yes = false

    @Flag(help: "Say what would happen, and change nothing.")
    var dryRun = false

    /// - Throws: `wrong-usage` where nobody can be asked; `interrupted` when the answer isn't yes.
    func confirm(_ question: String, _ terminal: Terminal) throws {
        guard !yes, !dryRun else { return }
        guard terminal.surroundings.inputIsTerminal else {
            throw Fault(.wrongUsage, "\(question): refused without a terminal to ask on", hint: "add --yes to do it")
        }
        terminal.surroundings.errors("\(question)? [y/N] ")
        let answer = terminal.surroundings.readLine()?.lowercased()
        guard answer == "y" || answer == "yes" else { throw Fault(.interrupted, "not confirmed; nothing was changed") }
    }
}
