internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct DatabasesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "databases", abstract: "The databases and how well each is backed up.",
        discussion: "Example: holdfast databases show crm/app.db",
        subcommands: [List.self, Show.self, AdoptCommand.self, CloseCommand.self, OpenCommand.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All of them; the default.")

        @Flag(help: "Also those whose deletion was confirmed, with the end of their grace.")
        var deleted = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let databases = try await common.client.databases(deleted: deleted)
            try common.terminal.show(list: databases, Self.table)
            guard !deleted, databases.isEmpty || databases.contains(where: { $0.state == .unreachable }) else { return }
            // What a server that doesn't answer holds is not listed, or not as it is now.
            for problem in try await common.client.status().problems where problem.code == .serverUnreachable {
                common.terminal.surroundings.errors("\(Text.fault(problem))\n")
            }
        }

        static func table(_ databases: [Database]) -> Table {
            var table = Table("DATABASE", ">SIZE", "STATE", ">BACKUPS", "LAST BACKUP", "LAST PROVEN", "NEXT RUN")
            for database in databases {
                table.add(
                    database.name.text, Text.bytes(database.size), Text.state(database), String(database.backups),
                    Text.time([database.lastBackup, database.unchangedAsOf].compactMap { $0 }.max()),
                    Text.time(database.lastProven), Text.time(database.nextRun ?? database.graceEnds))
                for member in database.members {
                    table.add("  \(member.name)", Text.bytes(member.size), member.state, "", "", "", "")
                }
            }
            return table
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One of them, with its clients.", discussion: "Example: holdfast databases show app.db")

        @Argument(help: "A name, or a unique end of one.")
        var database: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let database = try await common.client.database(database)
            // Of one that isn't seen nobody knows its clients.
            let isSeen = database.state == .present && !common.terminal.json
            let clients = isSeen ? try await common.client.clients(of: database.name.text) : []
            try common.terminal.show(database) { text(database, clients) }
        }

        private func text(_ database: Database, _ clients: [DatabaseClient]) -> String {
            let fields: [(String, String?)] = [
                ("name", database.name.text), ("path", database.path), ("engine", database.engine),
                ("state", Text.state(database)), ("size", Text.bytes(database.size)),
                ("backups", String(database.backups)), ("last backup", Text.time(database.lastBackup)),
                ("unchanged as of", database.unchangedAsOf.map { Text.time($0) }),
                ("log received up to", database.log?.completeAsOf.map { Text.time($0) }),
                ("log fault", database.log?.fault.map { Text.fault($0) }),
                ("last proven restorable", Text.time(database.lastProven)), ("next run", Text.time(database.nextRun)),
                ("cooldown ends", database.cooldownEnds.map { Text.time($0) }),
                ("grace ends", database.graceEnds.map { Text.time($0) }),
                ("newest backup", database.doubt.map { Text.fault($0) }),
                ("fault", database.fault.map { Text.fault($0) }),
                ("removed", database.state == .removed ? Text.removed(database.server) : nil),
            ]
            let lines = fields.compactMap { name, value in value.map { "\(name): \($0)" } }
            let members = database.members.map { "database: \($0.name), \(Text.bytes($0.size)), \($0.state)" }
            return (lines + members + clients.map { "client: \($0.pid) \($0.command) (\($0.user))" }).joined(
                separator: "\n")
        }
    }
}
