internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look for what would make the next run fail, and say how to mend it.",
        discussion: """
            Looks at settings, keys, the service, the clock, room and its use, folders, PostgreSQL servers with their \
            slots and certificates, schedules, windows, and each database. Root and members of the group may run it, also \
            while no daemon runs; what nobody could be asked is left out. Exit status 1 when there is a problem.

            Example: holdfast doctor
            """)

    @Option(help: ArgumentHelp("The daemon's settings file.", valueName: "file"))
    var config: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        var diagnosis = Diagnosis()
        let surroundings = Surroundings.current
        let path = try config.map(Paths.absolute) ?? surroundings.settingsPath
        let settings = diagnosis.examine(settingsAt: path, in: surroundings)
        var unit: UnitFile?
        if path == SettingsFiles.standardPath || !(surroundings.site.service is SystemdUnit) {
            unit = await surroundings.site.service.file(of: SystemdUnit.unit)
            await diagnosis.examine(surroundings.site.service, unit)
        }
        let isInStep = WallClock.isSynchronised
        diagnosis.examineClock(isInStep)
        let key = settings.map {
            RepositoryKey(of: $0.repository, passedBy: unit, otherwise: surroundings.site.keyFile)
        }
        if let key { diagnosis.examine(key) }
        let socket = common.socket == nil ? settings?.socket : nil
        diagnosis.examine(socketAt: common.socket ?? settings?.socket)
        let client = socket.map { DaemonClient(socket: $0) } ?? common.client
        if await !diagnosis.ask(client) {
            if let settings, let keyFile = key?.file {
                await diagnosis.examineAlone(settings, keyFile: keyFile, surroundings.repositories)
            }
        }
        let symptoms = diagnosis.symptoms
        try common.terminal.show(Listing(symptoms)) { symptoms.map(Self.text).joined(separator: "\n") }
        if symptoms.contains(where: { $0.verdict == .problem }) { throw Ending.failed }
    }

    private static func text(_ symptom: Symptom) -> String {
        "\(symptom.verdict.rawValue): \(symptom.subject): \(symptom.message)"
            + (symptom.hint.map { "\n  hint: \($0)" } ?? "")
    }
}
