/// One setting in force and where it came from.
package struct EffectiveSetting: Sendable, Codable, Equatable {
    package var key: String
    /// As written in TOML.
    package var value: String
    /// A file with its line, or `default`.
    package var source: String

    package init(key: String, value: String, source: String) {
        self.key = key
        self.value = value
        self.source = source
    }
}
