import Model

/// What a map says of itself; the content of its record frame.
struct MapRecord: Sendable, Codable, Equatable {
    var from: SequenceNumber
    var to: SequenceNumber
    /// Nil for 0.
    var generation: UInt64?
    var pages: UInt64
    /// The object table of its extents.
    var objects: [ObjectName]
    /// For the layers below, by file; a file that is gone is cut to 0 pages. Empty when `from` is 1.
    var cuts: [FileCut]
    /// Whether a backup among them stored its whole image, so that layers below have nothing that counts.
    var holdsWholeImage: Bool
    /// First pages of the delta frames, in order.
    var blocks: [PageKey]
}
