import Foundation
import Model

/// JSON of record frames: snake_case names, keys in a fixed order.
enum RecordCoding {
    /// The format's number beside a value's own fields.
    private struct Versioned<Content: Codable>: Codable {
        var format: Int
        var content: Content
    }

    private struct Version: Decodable {
        var format: Int
    }

    static let format = 1

    static func encode(_ value: some Codable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(Versioned(format: format, content: value)))
        } catch {
            throw Fault(.internalError, "cannot write a record", cause: error)
        }
    }

    /// - Throws: `code` for anything but such a record; `repository-too-new`.
    static func decode<Value: Codable>(
        _ type: Value.Type, _ bytes: [UInt8], name: String, code: Code
    ) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = Data(bytes)
        guard let version = try? decoder.decode(Version.self, from: data) else {
            throw Fault(code, "\(name) is damaged: its record is not one")
        }
        guard version.format == format else {
            throw Fault(.repositoryTooNew, "\(name) is of a newer format", hint: "use a newer holdfast")
        }
        do {
            return try decoder.decode(Versioned<Value>.self, from: data).content
        } catch {
            throw Fault(code, "\(name) is damaged: its record is not complete")
        }
    }
}
