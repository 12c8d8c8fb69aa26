internal import Foundation
internal import Model

/// The one JSON encoder and decoder of requests, replies and `--json`: snake_case names, RFC 3339 times, sizes in bytes.
package enum WireCoding {
    /// One document without line breaks, keys in a fixed order, UTF-8.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// As `encode`, as text.
    package static func text(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }

    /// - Throws: `wrong-usage`, naming the field, when the bytes are not JSON of that shape.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw Fault(.wrongUsage, "cannot read JSON: \(explain(error))", hint: "compare with /v1/openapi.json")
        }
    }

    /// Names places and types only, never the values found there.
    private static func explain(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(place(context.codingPath)) has the wrong type"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "not a JSON document" : "\(place(context.codingPath)) is wrong: \(context.debugDescription)"
        @unknown default: "not of the expected shape"
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        let steps = path.map { key in key.intValue.map { "[\($0)]" } ?? snakeCase(key.stringValue) }
        return steps.isEmpty ? "the document" : steps.joined(separator: ".")
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            text += letter.isUppercase ? "_\(letter.lowercased())" : String(letter)
        }
    }
}
