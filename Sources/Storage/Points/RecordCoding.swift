import Foundation
import Model

/// JSON of record frames: snake_case names, keys in a fixed order.
enum RecordCoding {
    /// The format's number beside a value's own fields.
    private struct Versioned<Content: Codable>: Codable {
        var format: Int
        var content: Content
    }

    /// One pass over the text tells both: a record of another format isn't read any further.
    private struct Reading<Content: Decodable>: Decodable {
        enum CodingKeys: String, CodingKey {
            case format
            case content
        }

        var format: Int
        var content: Content?

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            format = try fields.decode(Int.self, forKey: .format)
            content = format == RecordCoding.format ? try? fields.decode(Content.self, forKey: .content) : nil
        }
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
        guard let reading = try? decoder.decode(Reading<Value>.self, from: Data(bytes)) else {
            throw Fault(code, "\(name) is damaged: its record is not one")
        }
        guard reading.format == format else {
            throw Fault(.repositoryTooNew, "\(name) is of a newer format", hint: "use a newer holdfast")
        }
        guard let content = reading.content else {
            throw Fault(code, "\(name) is damaged: its record is not complete")
        }
        return content
    }
}
