internal import Foundation

/// Looks at JSON without knowing its shape.
enum JSONObject {
    /// The names of the document's fields; none when it is no object.
    static func fieldNames(_ bytes: [UInt8]) -> [String] {
        let object = try? JSONSerialization.jsonObject(with: Data(bytes))
        return (object as? [String: Any]).map { Array($0.keys) } ?? []
    }
}
