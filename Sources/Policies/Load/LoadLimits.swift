package import Model

/// How much of its machine a backup may take.
package struct LoadLimits: Sendable, Hashable {
    /// Bytes a second read from the source; nil is unlimited.
    package var read: ByteCount?
    /// Percent of one core; nil is unlimited.
    package var processor: Int?

    package init(read: ByteCount? = nil, processor: Int? = nil) {
        self.read = read
        self.processor = processor
    }

    package static let none = LoadLimits()
}
