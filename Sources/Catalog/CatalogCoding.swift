import Foundation
import Model

/// Values that the catalog keeps as JSON text.
enum CatalogCoding {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// - Throws: `database-damaged`, naming the column.
    static func value<Value: Decodable>(_ type: Value.Type, _ text: String, _ column: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw Fault(.databaseDamaged, "the catalog's \(column) holds something else than expected", cause: error)
        }
    }
}
