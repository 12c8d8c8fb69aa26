internal import Model
internal import Wire

extension Schema {
    /// The shape of a wire type, learned by letting it decode itself from a decoder that notes what it is asked for.
    static func of<Value: Decodable>(_ type: Value.Type) -> Schema { SchemaProbe.probe(type)?.schema ?? .anything }
}

/// Decodes placeholder values and notes the shapes.
enum SchemaProbe {
    /// Nil for a type that refuses every placeholder.
    static func probe<Value: Decodable>(_ type: Value.Type) -> (schema: Schema, value: Value)? {
        if let known = knownText(type) { return known }
        if let choices = type as? any (CaseIterable & RawRepresentable).Type, let found = choice(choices, as: type) {
            return found
        }
        if let texts = [String: String]() as? Value { return (.texts, texts) }
        let decoder = ProbeDecoder(name: String(describing: type))
        guard let value = try? Value(from: decoder) else { return nil }
        return (decoder.notes.schema, value)
    }

    /// Types that are one text or number in JSON, with a text that they accept.
    private static func knownText<Value: Decodable>(_ type: Value.Type) -> (schema: Schema, value: Value)? {
        let zeros = [UInt8](repeating: 0, count: 16)
        let samples: [(Schema, any Sendable)] = [
            (.time, Instant(seconds: 0)), (.integer, ByteCount.zero), (.text, Identifier(bytes: zeros)),
            (.text, BackupID(unit: Identifier(bytes: zeros), sequence: 1)), (.text, MessageID(1)),
            (.text, DatabaseName("server/name")), (.text, ""), (.boolean, false), (.number, 0.0), (.integer, 0),
            (.integer, 0 as Int32), (.integer, 0 as Int64), (.integer, 0 as UInt32), (.integer, 0 as UInt64),
        ]
        for (schema, sample) in samples {
            if Swift.type(of: sample) == type, let value = sample as? Value { return (schema, value) }
        }
        return nil
    }

    private static func choice<Value>(
        _ type: any (CaseIterable & RawRepresentable).Type, as: Value.Type
    ) -> (schema: Schema, value: Value)? {
        func cases<Choice: CaseIterable & RawRepresentable>(_ type: Choice.Type) -> (Schema, Value)? {
            let texts = type.allCases.compactMap { $0.rawValue as? String }
            guard let first = type.allCases.first as? Value, !texts.isEmpty else { return nil }
            return (.choice(texts), first)
        }
        return cases(type)
    }
}

/// What a probing decoder was asked for.
private final class ProbeNotes {
    enum Shape { case value, array, object }

    let name: String
    var shape = Shape.value
    var element = Schema.anything
    var fields: [Schema.Field] = []

    init(name: String) { self.name = name }

    var schema: Schema {
        switch shape {
        case .value: .anything
        case .array: .array(element)
        case .object: .object(name: name.contains("<") ? nil : name, fields: fields)
        }
    }

    func note(_ key: any CodingKey, _ schema: Schema, isRequired: Bool) {
        fields.append(Schema.Field(name: Self.snakeCase(key.stringValue), schema: schema, isRequired: isRequired))
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }
}

private struct ProbeDecoder: Decoder {
    let notes: ProbeNotes
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(name: String) { notes = ProbeNotes(name: name) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        notes.shape = .object
        return KeyedDecodingContainer(KeyedProbe<Key>(notes: notes))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        notes.shape = .array
        return UnkeyedProbe(notes: notes)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw ProbeRefusal() }
}

private struct ProbeRefusal: Error {}

/// Answers a request for any field with a placeholder.
private struct KeyedProbe<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let notes: ProbeNotes
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    func contains(_ key: Key) -> Bool { true }

    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let found = SchemaProbe.probe(type) else { throw ProbeRefusal() }
        notes.note(key, found.schema, isRequired: true)
        return found.value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        notes.note(key, .of(type), isRequired: false)
        return nil
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { optional(type, key) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { optional(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { optional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { optional(type, key) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { optional(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { optional(type, key) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { optional(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { optional(type, key) }

    private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
        notes.note(key, .of(type), isRequired: false)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw ProbeRefusal() }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw ProbeRefusal() }
    func superDecoder() throws -> any Decoder { throw ProbeRefusal() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw ProbeRefusal() }
}

/// An array of one placeholder.
private struct UnkeyedProbe: UnkeyedDecodingContainer {
    let notes: ProbeNotes
    let codingPath: [any CodingKey] = []
    let count: Int? = 1
    var currentIndex = 0
    var isAtEnd: Bool { currentIndex > 0 }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard let found = SchemaProbe.probe(type) else { throw ProbeRefusal() }
        notes.element = found.schema
        currentIndex += 1
        return found.value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { throw ProbeRefusal() }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw ProbeRefusal() }
    mutating func superDecoder() throws -> any Decoder { throw ProbeRefusal() }
}
