import GRDB

/// Small states of the daemon that outlive a start, each one JSON value by name.
extension Catalog {
    /// Nil when nothing was remembered under that name, or something of another shape.
    package func recall<Value: Codable>(_ name: String, as type: Value.Type) throws -> Value? {
        let text = try read {
            try String.fetchOne($0, sql: "SELECT value FROM memory WHERE name = ?", arguments: [name])
        }
        return text.flatMap { try? CatalogCoding.value(type, $0, name) }
    }

    /// Durable on return.
    package func remember(_ value: some Codable, as name: String) throws {
        let text = try CatalogCoding.text(value)
        try transition { transition in
            _ = try transition.execute("INSERT OR REPLACE INTO memory (name, value) VALUES (?, ?)", [name, text])
        }
    }
}
