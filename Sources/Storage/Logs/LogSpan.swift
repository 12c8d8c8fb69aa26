/// A stretch of a server's write-ahead log, by positions in bytes.
package struct LogSpan: Sendable, Hashable, Codable {
    /// The most bytes of one; its length has 32 bits in the identity of its object.
    static let longest: UInt64 = 1 << 30

    /// Tells logs apart whose positions have nothing in common: those of different servers, and of one before and after its
    /// files were put back to an older state.
    package var lineage: UInt64
    /// Of PostgreSQL: grows when a server is promoted.
    package var timeline: UInt32
    package var from: UInt64
    /// The first position behind it.
    package var to: UInt64

    package init(lineage: UInt64, timeline: UInt32, from: UInt64, to: UInt64) {
        self.lineage = lineage
        self.timeline = timeline
        self.from = from
        self.to = to
    }

    package var length: Int { Int(to - from) }

    /// FNV-1a of what an engine calls the server, and how often it went back in time.
    package static func lineage(of system: String, branch: Int) -> UInt64 {
        "\(system)/\(branch)".utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    func covers(_ other: LogSpan) -> Bool {
        lineage == other.lineage && timeline == other.timeline && from <= other.from && other.to <= to
    }
}
