internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Wire

struct BackupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backups", abstract: "The recovery points.",
        discussion: "Example: holdfast backups crm/app.db",
        subcommands: [
            List.self, Show.self, BackupsPreserve.self, BackupsRelease.self, BackupsDelete.self, BackupsUndelete.self,
        ],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand, WorksAlone {
        static let configuration = CommandConfiguration(abstract: "Newest first; the default.")

        @Argument(help: "Names, unique ends of names, servers or shell patterns.")
        var databases: [String] = []

        @Flag(help: "Also those in soft delete.")
        var deleted = false

        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int?

        @OptionGroup var local: LocalOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let filter = BackupFilter(databases: databases, deleted: deleted, limit: limit)
            let backups: [Backup]
            if let repository = try await local.open(common.terminal) {
                backups = try await Threads.run("backups") { try repository.backups(filter) }
            } else {
                backups = try await common.client.backups(filter)
            }
            try common.terminal.show(list: backups, Self.table)
        }

        static func table(_ backups: [Backup]) -> Table {
            var table = Table("ID", "DATABASE", "INSTANT", "KIND", "ORIGIN", ">SIZE", ">STORED", "STATE")
            for backup in backups {
                table.add(
                    backup.id.description, backup.database.text, Text.time(backup.instant), backup.kind.rawValue,
                    backup.origin.rawValue, backup.size.description, backup.storedBytes.description, Text.marks(backup))
            }
            return table
        }
    }

    struct Show: AsyncParsableCommand, WorksAlone {
        static let configuration = CommandConfiguration(
            abstract: "One of them.", discussion: "Example: holdfast backups show 3fa91c07b2d4-42")

        @Argument(help: "The id of a backup.")
        var id: BackupID

        @OptionGroup var local: LocalOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let id = id
            let backup: Backup
            if let repository = try await local.open(common.terminal) {
                backup = try await Threads.run("backup") { try repository.backup(id) }
            } else {
                backup = try await common.client.backup(id)
            }
            try common.terminal.show(backup) { BackupsCommand.text(backup) }
        }
    }

    static func text(_ backup: Backup) -> String {
        let fields: [(String, String?)] = [
            ("id", backup.id.description), ("database", backup.database.text), ("instant", Text.time(backup.instant)),
            ("kind", backup.kind.rawValue), ("origin", backup.origin.rawValue), ("actor", backup.actor.name),
            ("comment", backup.comment), ("size", "\(backup.size), \(backup.pages) pages"),
            ("stored", "\(backup.storedBytes), \(backup.pagesStored) pages"), ("state", Text.marks(backup)),
            ("verified", backup.verified.map { "\($0.level.rawValue), \(Text.time($0.instant))" }),
            ("proven restorable", backup.proven.map { Text.time($0) }),
            ("removed for good", backup.removal.map { Text.time($0) }),
        ]
        return fields.compactMap { name, value in value.map { "\(name): \($0)" } }.joined(separator: "\n")
    }
}

extension BackupID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}
