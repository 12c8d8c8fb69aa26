/// How a timeline came about: its ancestors, and where each ends.
///
/// Source: PostgreSQL 15, `backend/access/transam/timeline.c`: lines of parent, switch point and reason; `#` begins a
/// comment.
struct PostgresTimelines {
    /// From the oldest on; the timeline itself isn't among them.
    let ancestors: [(timeline: UInt32, end: PostgresLSN)]

    init(_ history: String) {
        ancestors = history.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, let timeline = UInt32(words[0]), let end = PostgresLSN(String(words[1])) else {
                return nil
            }
            return (timeline, end)
        }
    }

    func end(of timeline: UInt32) -> PostgresLSN? { ancestors.first { $0.timeline == timeline }?.end }

    /// The ancestor that came after one; nil when that is the last of them.
    func following(_ timeline: UInt32) -> UInt32? {
        guard let index = ancestors.firstIndex(where: { $0.timeline == timeline }), index + 1 < ancestors.count else {
            return nil
        }
        return ancestors[index + 1].timeline
    }
}
