/// The stored stretches of one server's log, put in order.
package struct LogStretches: Sendable, Equatable {
    /// By timeline and position; none lies wholly inside another. They may overlap.
    package let spans: [LogSpan]
    /// Those that a larger one holds too.
    package let covered: [LogSpan]

    /// - Parameter lineage: others are left out.
    package init(_ spans: some Sequence<LogSpan>, of lineage: UInt64) {
        let sorted = spans.filter { $0.lineage == lineage }.sorted {
            ($0.timeline, $0.from, $1.to) < ($1.timeline, $1.from, $0.to)
        }
        var (kept, covered): ([LogSpan], [LogSpan]) = ([], [])
        for span in sorted {
            if kept.last?.covers(span) == true { covered.append(span) } else { kept.append(span) }
        }
        self.spans = kept
        self.covered = covered
    }

    /// The end of the newest timeline's log.
    package var last: LogSpan? { spans.last }

    /// Those that hold a timeline's log from a position on, in order, up to the first gap.
    package func pieces(of timeline: UInt32, from position: UInt64) -> [LogSpan] {
        var (found, end): ([LogSpan], UInt64) = ([], position)
        for span in spans where span.timeline == timeline && span.to > position {
            guard span.from <= end else { break }
            found.append(span)
            end = span.to
        }
        return found
    }
}
