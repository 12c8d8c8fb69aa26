internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Wire

struct VerifyCommand: AsyncParsableCommand, WorksAlone {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check what is stored.",
        discussion: """
            Levels: stored (every stored byte opens), pages (every page and the image), restore (the restored copy passes \
            the engine's own check). Exit status 17 when damage is found.

            Example: holdfast verify crm/app.db --level restore
            """)

    @Argument(help: "Databases or ids of backups; everything by default.")
    var what: [String] = []

    @Option(help: "stored, pages or restore.")
    var level = VerifyLevel.pages

    @OptionGroup var local: LocalOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let request = VerifyRequest(
            databases: what.filter { BackupID($0) == nil }, backups: what.compactMap { BackupID($0) }, level: level)
        let bar = ProgressBar(common.terminal)
        defer { bar.clear() }
        if let repository = try await local.open(common.terminal) {
            let report = try await Threads.run("verify") {
                try repository.verify(request) { bar.show($0, of: repository.path) }
            }
            bar.clear()
            return try show(report)
        }
        let client = common.client
        let begun = try await client.verify(request)
        let run = try await client.waitRun(begun.id) { bar.show($0) }
        bar.clear()
        if let report = run.report { return try show(report) }
        throw run.fault?.fault ?? Fault(.verifyFailed, "verification \(run.id) ended as \(run.state.rawValue)")
    }

    private func show(_ report: VerifyReport) throws {
        try common.terminal.show(report) {
            let count = report.checked == 1 ? "1 backup" : "\(report.checked) backups"
            let verdict = report.isGood ? "no damage found" : "\(report.findings.count) findings"
            let head = "checked \(count), \(report.bytes), at level \(report.level.rawValue): \(verdict)"
            return ([head] + report.findings.map(Self.line)).joined(separator: "\n")
        }
        if !report.isGood { throw Ending.damageFound }
    }

    static func line(_ finding: Finding) -> String {
        let backups =
            finding.backups.isEmpty ? "" : "; affects \(finding.backups.map(\.description).joined(separator: ", "))"
        return "\(finding.message) [\(finding.code.rawValue)]\(backups)"
    }
}

extension VerifyLevel: ExpressibleByArgument {}
