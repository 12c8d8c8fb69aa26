import Engines
import Model
import Storage
import Wire

extension BackupLibrary {
    /// The database inside a server that is meant; nil when a whole unit, or nothing that is known, is.
    ///
    /// One that was dropped is in no list: it is named with its server, or with a backup that may hold it.
    /// - Parameters:
    ///   - backup: that it is to be taken from, if any.
    ///   - known: databases inside servers as they were last seen.
    /// - Throws: `ambiguous-name`; `not-found` for a backup that doesn't exist.
    func member(named typed: String, of backup: BackupID?, known: [DatabaseName]) throws -> DatabaseName? {
        let servers = Set(try units().map(\.name))
        guard !typed.isEmpty, !servers.contains(DatabaseName(typed)) else { return nil }
        let members = Set(known).subtracting(servers)
        do {
            let found = try NameSelection.one(typed, among: servers.union(members).sorted())
            return members.contains(found) ? found : nil
        } catch {
            guard error.code == .notFound else { throw error }
        }
        let name = DatabaseName(typed)
        if typed.contains("/"), servers.contains(DatabaseName(name.server)) { return name }
        guard let backup else { return nil }
        let record = try choose("", backup, at: nil).1
        guard try EngineDefaults(of: record).members != nil else { return nil }
        return DatabaseName("\(record.draft.database)/\(typed)")
    }
}
