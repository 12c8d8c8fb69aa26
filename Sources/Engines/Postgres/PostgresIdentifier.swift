import Model

/// A name inside a PostgreSQL cluster: of a role, a database, a table.
package struct PostgresIdentifier: Sendable, Hashable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) { self.name = name }

    /// For statements that take no parameter in its place; case, quotes, spaces and line breaks are kept.
    package var quoted: String { "\"\(name.doubling("\""))\"" }

    /// For people: quoted only where it has to be, and always one line.
    ///
    /// A word that needs no quotes but happens to be reserved (`user`) is quoted too, when it is one of the usual ones.
    package var description: String {
        let isPlain = name.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
        let isReserved = ["user", "all", "public", "group", "table", "order", "default", "current_user"].contains(name)
        guard name.isEmpty || !isPlain || isReserved else { return name }
        return quoted.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
        }.joined()
    }
}
