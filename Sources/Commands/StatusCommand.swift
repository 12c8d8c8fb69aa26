internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How well everything is backed up, at a glance.",
        discussion: "Example: holdfast status --check || mail -s backups root")

    @Flag(help: "Exit with 18 when a backup is overdue, with 1 when anything else needs an admin.")
    var check = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let status = try await common.client.status()
        try common.terminal.show(status) { Self.text(status, color: common.terminal.surroundings.wantsColor) }
        guard check else { return }
        if status.databases.contains(where: \.overdue) { throw Ending.overdue }
        let isGood =
            status.problems.isEmpty && status.repository != nil
            && status.databases.allSatisfy {
                $0.fault == nil && $0.doubt == nil && [.present, .removed].contains($0.state)
            }
        if !isGood { throw Ending.failed }
    }

    static func text(_ status: Status, color: Bool) -> String {
        var parts = [status.sentence]
        let databases = DatabasesCommand.List.table(status.databases).text(color: color)
        if !databases.isEmpty { parts.append(databases) }
        let faults = status.databases.flatMap { database in
            [database.doubt, database.fault].compactMap { $0 }.map { "\(database.name): \(Text.fault($0))" }
        }
        parts += faults + status.problems.map(Text.fault)
        parts += Set(status.databases.filter { $0.state == .removed }.map(\.server)).sorted().map(Text.removed)
        for run in status.runs {
            let progress = run.progress.map { ProgressBar.line(run.database?.text ?? "", $0) }
            parts.append("\(run.kind.rawValue) \(run.state.rawValue)  \(progress ?? run.database?.text ?? "")")
        }
        for window in status.windows {
            let stage = window.stage.map { ", under way: \($0)" } ?? ""
            parts.append("maintenance \(window.name): \(Text.time(window.begins)) to \(Text.time(window.ends))\(stage)")
        }
        if status.windows.isEmpty, !status.databases.isEmpty {
            parts.append("maintenance: off; `holdfast maintenance enable SERVER` lets windows come")
        }
        if let space = status.repository { parts.append(RepositoryCommand.Space.text(space)) }
        return parts.joined(separator: "\n")
    }
}
