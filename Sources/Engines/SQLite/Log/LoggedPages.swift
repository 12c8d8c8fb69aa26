/// The pages that a stretch of a log wrote; at most those differ after it.
struct LoggedPages {
    /// More than are worth naming: comparing them all is no slower then.
    static let most = 1 << 18

    /// Counted from 0.
    private var pages: Set<UInt32> = []
    /// Of the database, after any of the transactions.
    private var smallestSize = UInt32.max

    var isEmpty: Bool { pages.isEmpty }

    /// - Throws: `LogDoubt`.
    mutating func add(_ step: LogChain.Step) {
        pages.insert(step.page - 1)
        if step.pages > 0 { smallestSize = min(smallestSize, step.pages) }
    }

    mutating func add(_ other: LoggedPages) {
        pages.formUnion(other.pages)
        smallestSize = min(smallestSize, other.smallestSize)
    }

    func checkCount() throws { if pages.count > Self.most { throw LogDoubt.tooMany } }

    /// The pages, and all those by which the database grew since it was smallest: one that was cut off and came back need
    /// not have been written.
    ///
    /// - Parameters:
    ///   - before: pages of the database before the stretch.
    ///   - after: and after it.
    /// - Throws: `LogDoubt`.
    func named(before: UInt32, after: UInt32) throws -> Set<UInt32> {
        let from = min(smallestSize, before)
        guard from < after else { return pages }
        guard after - from <= UInt32(Self.most) else { throw LogDoubt.tooMany }
        return pages.union(from..<after)
    }
}
