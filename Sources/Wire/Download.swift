package import Model

/// A backup on its way out as a file: pulled chunk by chunk, so that a slow reader holds nothing in memory.
package struct Download: Sendable {
    /// What to call the file, without a folder.
    package let fileName: String
    package let length: ByteCount
    /// The next bytes, nil after the last; called by one reader at a time.
    package let next: @Sendable () async throws -> [UInt8]?
    /// Called once when the reader is done or gone; ends the work behind.
    package let close: @Sendable () -> Void

    package init(
        fileName: String, length: ByteCount, next: @escaping @Sendable () async throws -> [UInt8]?,
        close: @escaping @Sendable () -> Void
    ) {
        self.fileName = fileName
        self.length = length
        self.next = next
        self.close = close
    }
}
