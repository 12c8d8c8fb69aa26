/// Fields as bytes that no other list of fields has: what seals and codes over JSON files are taken over.
enum CanonicalText {
    /// Each field as its length in UTF-8 (4 bytes) and its UTF-8.
    static func encode(_ fields: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            bytes.put(UInt32(field.utf8.count))
            bytes.append(contentsOf: field.utf8)
        }
        return bytes
    }
}
