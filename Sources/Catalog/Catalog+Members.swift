import GRDB
package import Model

/// A database of a server that is backed up as one.
package struct DatabaseMember: Sendable, Hashable {
    package var name: DatabaseName
    package var size: ByteCount
    /// As its server says it.
    package var state: String

    package init(name: DatabaseName, size: ByteCount, state: String) {
        self.name = name
        self.size = size
        self.state = state
    }
}

extension Catalog {
    /// What servers held when they were last seen whole, by unit and name.
    package func members() throws -> [UnitID: [DatabaseMember]] {
        try read { database in
            var members: [UnitID: [DatabaseMember]] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT * FROM members ORDER BY unit, name") {
                guard let unit = UnitID(row["unit"]) else { continue }
                members[unit, default: []].append(DatabaseMember(row))
            }
            return members
        }
    }
}

extension Transition {
    /// Nothing is written when all are as before.
    func setMembers(_ members: [DatabaseMember], of unit: UnitID) throws {
        let before = try Row.fetchAll(
            database, sql: "SELECT * FROM members WHERE unit = ?", arguments: [unit.description]
        ).map(DatabaseMember.init)
        guard Set(before) != Set(members) else { return }
        try execute("DELETE FROM members WHERE unit = ?", [unit.description])
        for member in members {
            try execute(
                "INSERT INTO members (unit, name, size, state) VALUES (?, ?, ?, ?)",
                [unit.description, member.name.text, member.size.bytes, member.state])
        }
    }
}

extension DatabaseMember {
    fileprivate init(_ row: Row) {
        self.init(
            name: DatabaseName(row.text("name") ?? ""), size: ByteCount(row["size"] as Int64),
            state: row.text("state") ?? "")
    }
}
