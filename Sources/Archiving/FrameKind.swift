/// What a frame holds.
package enum FrameKind: UInt8, Sendable, CaseIterable {
    case pages = 1
    case delta = 2
    case record = 3
    case contents = 4
    case footer = 5
    /// Bytes of a server's write-ahead log.
    case log = 6

    /// The most plain bytes that a frame of this kind may have; writers and readers refuse more.
    package var plainLimit: Int {
        switch self {
        case .pages, .log: 4 << 20
        case .delta: 1 << 20
        case .record, .contents: 64 << 20
        case .footer: Footer.length
        }
    }

    /// Whether callers write such frames; the others are the envelope's own.
    package var isPayload: Bool { self != .contents && self != .footer }
}
