internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Wire

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The ways to open the repository.",
        discussion: "Example: holdfast repository keys add --recovery",
        subcommands: [List.self, Add.self, Remove.self, MakeKeyFile.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand, WorksAlone {
        static let configuration = CommandConfiguration(abstract: "All of them; the default.")

        @OptionGroup var local: LocalOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let keys: [KeySlot]
            if let repository = try await local.open(common.terminal) {
                keys = try await Threads.run("keys") { try repository.keys() }
            } else {
                keys = try await common.client.keys()
            }
            try common.terminal.show(list: keys) { keys in
                var table = Table("SLOT", "KIND", "LABEL", "CREATED")
                for key in keys { table.add(key.id, key.kind.rawValue, key.label, Text.time(key.created)) }
                return table
            }
        }
    }

    struct Add: AsyncParsableCommand, WorksAlone {
        static let configuration = CommandConfiguration(
            abstract: "Add one: a passphrase, a key file, or a recovery key that is shown once.",
            discussion: "Example: holdfast repository keys add --new-key-file /root/second.key --label usb")

        @Flag(help: "A passphrase, asked for on the terminal.")
        var passphrase = false

        @Option(help: ArgumentHelp("A key file, made with mode 0600 when missing.", valueName: "path"))
        var newKeyFile: String?

        @Flag(help: "Seventeen words, shown this once.")
        var recovery = false

        @Option(help: ArgumentHelp("What to call it.", valueName: "text"))
        var label = ""

        @OptionGroup var local: LocalOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard [passphrase, newKeyFile != nil, recovery].filter({ $0 }).count == 1 else {
                throw ValidationError("add one of --passphrase, --new-key-file PATH and --recovery")
            }
        }

        func run() async throws {
            let repository = try await local.open(common.terminal)
            let kind: KeyKind = passphrase ? .passphrase : recovery ? .recovery : .keyFile
            let request = KeyRequest(
                kind: kind, label: label, passphrase: try newPassphrase(), keyFile: try newKeyFile.map(Paths.absolute))
            let reply: KeyReply
            if let repository {
                reply = try await Threads.run("add key") { try repository.addKey(request) }
            } else {
                reply = try await common.client.addKey(request)
            }
            try common.terminal.show(reply) {
                (["added key slot \(reply.slot.id)"] + (reply.recoveryWords.map { [$0] } ?? [])).joined(separator: "\n")
            }
            if reply.recoveryWords != nil { common.terminal.note("write the words down: they are not shown again") }
        }

        private func newPassphrase() throws -> String? {
            guard passphrase else { return nil }
            let surroundings = common.terminal.surroundings
            guard surroundings.inputIsTerminal else {
                throw Fault(.wrongUsage, "a passphrase needs a terminal to ask on", hint: "use --new-key-file instead")
            }
            guard let first = surroundings.readSecret("New passphrase: "), first.count >= 8 else {
                throw Fault(.wrongUsage, "the passphrase has fewer than 8 letters")
            }
            guard surroundings.readSecret("The same again: ") == first else {
                throw Fault(.wrongUsage, "the two passphrases differ")
            }
            return first
        }
    }

    struct Remove: AsyncParsableCommand, WorksAlone {
        static let configuration = CommandConfiguration(
            abstract:
                "Remove one, never the last. It stops future opening, not somebody who kept a copy of the key and has already opened the repository.",
            discussion: "Example: holdfast repository keys remove 2 --yes")

        @Argument(help: "The slot, as listed.")
        var slot: String

        @OptionGroup var local: LocalOptions
        @OptionGroup var confirming: ConfirmOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let slot = slot
            let repository = try await local.open(common.terminal)
            try confirming.confirm("remove key slot \(slot)", common.terminal)
            if confirming.dryRun { return try await tell(repository) }
            let removed: KeySlot
            if let repository {
                removed = try await Threads.run("remove key") { try repository.removeKey(slot) }
            } else {
                removed = try await common.client.removeKey(slot)
            }
            try common.terminal.show(removed) { "removed key slot \(removed.id) (\(removed.kind.rawValue))" }
        }

        private func tell(_ repository: (any LocalRepository)?) async throws {
            let keys: [KeySlot]
            if let repository {
                keys = try await Threads.run("keys") { try repository.keys() }
            } else {
                keys = try await common.client.keys()
            }
            guard let key = keys.first(where: { $0.id == slot }) else { throw Fault(.notFound, "no key slot \(slot)") }
            guard keys.count > 1 else { throw Fault(.lastKey, "key slot \(slot) is the last one") }
            try common.terminal.show(key) { "would remove key slot \(key.id) (\(key.kind.rawValue))" }
        }
    }
}
