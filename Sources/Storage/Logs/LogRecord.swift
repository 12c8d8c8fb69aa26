package import Model

/// What a stored stretch of log says of itself.
package struct LogRecord: Sendable, Codable, Equatable {
    package var span: LogSpan
    /// The server that wrote it, as its engine tells servers apart.
    package var system: String
    /// How often it went back in time before without another timeline.
    package var branch: Int
    /// When the server sent its first byte, by its own clock.
    package var began: Instant
    /// When the server had not written beyond `span.to`, or not much, by its own clock.
    package var written: Instant
    /// How its timeline came about, in the engine's own form; empty for a first one.
    package var history: String

    package init(span: LogSpan, system: String, branch: Int, began: Instant, written: Instant, history: String = "") {
        self.span = span
        self.system = system
        self.branch = branch
        self.began = began
        self.written = written
        self.history = history
    }
}
