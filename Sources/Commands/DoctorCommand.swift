internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what would make the next run fail, and say how to mend it.",
        discussion: "Example: holdfast doctor")

    @Option(help: ArgumentHelp("The daemon's settings file.", valueName: "file"))
    var config: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        var diagnosis = Diagnosis()
        let path = try config.map(Paths.absolute) ?? Surroundings.current.settingsPath
        let settings = diagnosis.examine(settingsAt: path)
        if let settings { diagnosis.examine(keyOf: settings) }
        do {
            let socket = common.socket == nil ? settings?.socket : nil
            let status = try await (socket.map { DaemonClient(socket: $0) } ?? common.client).status()
            diagnosis.examine(status, now: WallClock.now(), servers: settings?.servers.map(\.name))
        } catch let fault as Fault {
            diagnosis.add("daemon", .problem, fault.message, hint: fault.hint)
        }
        let findings = diagnosis.findings
        try common.terminal.show(Listing(findings)) {
            findings.map { finding in
                "\(finding.verdict.rawValue): \(finding.subject): \(finding.message)"
                    + (finding.hint.map { "\n  hint: \($0)" } ?? "")
            }.joined(separator: "\n")
        }
        if findings.contains(where: { $0.verdict == .problem }) { throw Ending.failed }
    }
}
