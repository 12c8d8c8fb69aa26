import Engines
package import Model
import Storage
import Wire

extension BackupLibrary {
    /// The database inside a server that is meant; nil when a whole unit, or nothing that is known, is.
    ///
    /// - Parameters:
    ///   - backup: that it is to be taken from, if any.
    ///   - known: databases inside servers as they were last seen.
    /// - Throws: `ambiguous-name`; `not-found` for a backup that doesn't exist.
    func member(named typed: String, of backup: BackupID?, known: [DatabaseName]) throws -> DatabaseName? {
        guard !typed.isEmpty else { return nil }
        let units = try units().map(\.name)
        if let name = try MemberName.choose(typed, known: known, units: units) { return name }
        guard let backup, !units.contains(where: { $0.matches(typed) }) else { return nil }
        let record = try choose("", backup, at: nil).1
        guard try EngineDefaults(of: record).members != nil else { return nil }
        return DatabaseName("\(record.draft.database)/\(typed)")
    }
}

/// Finds the database inside a server that people mean.
package enum MemberName {
    /// One that was dropped is in no list: it is named with its server.
    /// - Returns: nil when a whole unit, or nothing that is known, is meant.
    /// - Throws: `ambiguous-name`.
    package static func choose(
        _ typed: String, known: [DatabaseName], units: [DatabaseName]
    ) throws -> DatabaseName? {
        let units = Set(units)
        guard !units.contains(DatabaseName(typed)) else { return nil }
        let members = Set(known).subtracting(units)
        do {
            let found = try NameSelection.one(typed, among: units.union(members).sorted())
            return members.contains(found) ? found : nil
        } catch {
            guard error.code == .notFound else { throw error }
        }
        let name = DatabaseName(typed)
        return typed.hasSlash && units.contains(DatabaseName(name.server)) ? name : nil
    }
}
