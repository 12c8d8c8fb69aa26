internal import Model

/// The shape of a JSON value, as far as OpenAPI 3.1 needs it.
indirect enum Schema: Sendable {
    struct Field: Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool
    }

    case anything
    case text
    case time
    case choice([String])
    case integer
    case number
    case boolean
    case array(Schema)
    /// Texts by any name.
    case texts
    /// `name` is nil for a shape that is used once.
    case object(name: String?, fields: [Field])

    static func list<Item: Codable & Sendable>(of type: Item.Type) -> Schema {
        .object(name: nil, fields: [Field(name: "items", schema: .array(.of(type)), isRequired: true)])
    }

    var fieldNames: [String] {
        guard case .object(_, let fields) = self else { return [] }
        return fields.map(\.name)
    }
}
