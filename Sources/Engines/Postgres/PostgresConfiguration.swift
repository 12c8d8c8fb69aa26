import Model
import Platform

/// The configuration of a restored cluster, made harmless: a copy beside the running server must neither use that one's
/// files nor write into its archive.
struct PostgresConfiguration {
    /// What leads out of the restored folder.
    private static let places = ["data_directory", "hba_file", "ident_file", "external_pid_file"]
    private static let made = "# made by a restore: the server's own file was not in its data folder\n"
    private static let archiving = """
        # By a restore; remove this line when the server takes the place of the one it is a copy of.
        archive_mode = 'off'

        """

    let folder: String
    /// Gives a file that was written here to whom the restored files belong.
    let give: (_ name: String) throws -> Void

    func settle() throws {
        try write("postgresql.conf", try main())
        try write("postgresql.auto.conf", (try text("postgresql.auto.conf") ?? "") + Self.archiving)
        if try text("pg_hba.conf") == nil { try write("pg_hba.conf", Self.made + "local all all peer\n") }
        if try text("pg_ident.conf") == nil { try write("pg_ident.conf", Self.made) }
    }

    private func main() throws -> String {
        guard let text = try text("postgresql.conf") else {
            let settings = (try? PostgresRestoreNote.read(in: folder).settings) ?? [:]
            return Self.made + settings.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }.joined()
        }
        return text.parts(between: ["\n"], keepingEmpty: true).map { line in
            let name = line.drop { $0 == " " || $0 == "\t" }.prefix { $0.isLetter || $0 == "_" }.lowercased()
            return Self.places.contains(name) ? "#\(line)    # by a restore" : String(line)
        }.joined(separator: "\n")
    }

    private func text(_ name: String) throws -> String? {
        guard Files.exists("\(folder)/\(name)") else { return nil }
        return String(decoding: try Files.read("\(folder)/\(name)", limit: 16 << 20), as: UTF8.self)
    }

    private func write(_ name: String, _ text: String) throws {
        try Files.writeDurably(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o600)
        try give(name)
    }
}
