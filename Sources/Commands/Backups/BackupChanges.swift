internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct BackupsPreserve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preserve", abstract: "Never delete backups by policy.",
        discussion: "Example: holdfast backups preserve 3fa91c07b2d4-42")

    @Argument(help: "Ids of backups.")
    var ids: [BackupID]

    @OptionGroup var common: CommonOptions

    func run() async throws {
        for id in ids {
            try common.terminal.show(try await common.client.preserve(id)) { "\(id): preserved" }
        }
    }
}

struct BackupsRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Let policy delete preserved backups again.",
        discussion: "Example: holdfast backups release 3fa91c07b2d4-42")

    @Argument(help: "Ids of backups.")
    var ids: [BackupID]

    @OptionGroup var common: CommonOptions

    func run() async throws {
        for id in ids {
            try common.terminal.show(try await common.client.release(id)) { "\(id): released" }
        }
    }
}

struct BackupsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete backups; can be taken back for 24 hours.",
        discussion: "Example: holdfast backups delete 3fa91c07b2d4-42 --yes")

    @Argument(help: "Ids of backups.")
    var ids: [BackupID]

    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let names = ids.map(\.description).joined(separator: ", ")
        try confirming.confirm("delete \(ids.count == 1 ? "backup" : "backups") \(names)", common.terminal)
        for id in ids {
            if confirming.dryRun {
                try common.terminal.show(try await common.client.backup(id)) { "\(id): would be deleted" }
            } else {
                let backup = try await common.client.delete(id)
                try common.terminal.show(backup) {
                    "\(id): deleted; `holdfast backups undelete \(id)` takes it back until \(Text.time(backup.removal))"
                }
            }
        }
    }
}

struct BackupsUndelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undelete", abstract: "Take a deletion back.",
        discussion: "Example: holdfast backups undelete 3fa91c07b2d4-42")

    @Argument(help: "Ids of backups.")
    var ids: [BackupID]

    @OptionGroup var common: CommonOptions

    func run() async throws {
        for id in ids {
            try common.terminal.show(try await common.client.undelete(id)) { "\(id): undeleted" }
        }
    }
}
