/// The pages that a stretch of a log wrote; at most those differ after it.
struct LoggedPages {
    /// More than are worth naming: comparing them all is no slower then.
    static let most = 1 << 18

    /// Counted from 0.
    private var pages: Set<UInt32> = []
    /// Of the database, after any of the transactions.
    private var smallestSize = UInt32.max
    private var largestSize: UInt32 = 0

    /// - Throws: `LogDoubt`.
    mutating func add(_ step: LogChain.Step) throws {
        pages.insert(step.page - 1)
        guard pages.count <= Self.most else { throw LogDoubt.tooMany }
        guard step.pages > 0 else { return }
        smallestSize = min(smallestSize, step.pages)
        largestSize = max(largestSize, step.pages)
    }

    /// - Throws: `LogDoubt`.
    mutating func add(_ other: LoggedPages) throws {
        pages.formUnion(other.pages)
        guard pages.count <= Self.most else { throw LogDoubt.tooMany }
        smallestSize = min(smallestSize, other.smallestSize)
        largestSize = max(largestSize, other.largestSize)
    }

    /// The pages, and all those by which the database grew since it was smallest: one that was cut off and came back need
    /// not have been written, and the lock page never is.
    ///
    /// - Parameters:
    ///   - before: pages of the database before the stretch.
    ///   - after: and after it.
    /// - Throws: `LogDoubt`.
    func named(before: UInt32, after: UInt32) throws -> Set<UInt32> {
        let (from, to) = (min(smallestSize, before), max(largestSize, after))
        guard from < to else { return pages }
        guard to - from <= UInt32(Self.most) else { throw LogDoubt.tooMany }
        return pages.union(from..<to)
    }
}
