package import Model

/// When maintenance may happen next.
package struct Window: Sendable, Codable, Equatable {
    package var name: String
    package var begins: Instant
    package var ends: Instant
    /// What it does now; absent for one that comes.
    package var stage: String?

    package init(name: String, begins: Instant, ends: Instant, stage: String? = nil) {
        self.name = name
        self.begins = begins
        self.ends = ends
        self.stage = stage
    }
}
