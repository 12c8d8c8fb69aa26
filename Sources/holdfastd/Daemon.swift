import ArgumentParser
import Foundation
import Logging
import Model
import Platform
import Settings

/// `holdfastd --config FILE [--check]`: the daemon in the foreground.
@main
struct Daemon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfastd",
        abstract: "Back up and maintain database servers.",
        discussion: "Example: holdfastd --config /etc/holdfast/holdfast.toml",
        version: Build.version)

    @Option(help: "Settings file; the folder conf.d beside it is read as well.")
    var config = SettingsFiles.standardPath

    @Flag(help: "Check the settings and exit.")
    var check = false

    func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        do {
            let settings = try SettingsFiles.load(config)
            if check {
                print("\(config): good")
            } else {
                LocalZone.use(settings.timeZone)
                try await Assembly(settings, path: config).run()
            }
        } catch {
            let fault = Fault.wrapping(error)
            var text = "holdfastd: \(fault)\n"
            if let hint = fault.hint { text += "hint: \(hint)\n" }
            FileHandle.standardError.write(Data(text.utf8))
            throw ExitCode(fault.code.exitStatus)
        }
    }
}
