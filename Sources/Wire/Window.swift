package import Model

/// When maintenance may happen next.
package struct Window: Sendable, Codable, Equatable {
    package var name: String
    package var begins: Instant
    package var ends: Instant

    package init(name: String, begins: Instant, ends: Instant) {
        self.name = name
        self.begins = begins
        self.ends = ends
    }
}
