import Model

/// Which page versions a set of kept backups still needs.
///
/// A version born at backup i and replaced at backup j is part of the images i … j − 1. It is dead when none of these is
/// kept: exact, without looking at any other page, so that no kept backup depends on a deleted one.
struct Liveness: Sendable {
    /// Ascending.
    private let kept: [SequenceNumber]

    init(kept: some Sequence<SequenceNumber>) { self.kept = Set(kept).sorted() }

    /// O(log kept).
    ///
    /// - Parameter replaced: the backup that stored the next version, cut the page off or removed its file; nil for a
    ///   version that the newest image has.
    func isNeeded(born: SequenceNumber, replaced: SequenceNumber?) -> Bool {
        guard let first = firstKept(from: born) else { return false }
        return replaced.map { first < $0 } ?? true
    }

    /// The first kept backup that is not before `sequence`.
    func firstKept(from sequence: SequenceNumber) -> SequenceNumber? {
        var (low, high) = (0, kept.count)
        while low < high {
            let middle = (low + high) / 2
            if kept[middle] < sequence { low = middle + 1 } else { high = middle }
        }
        return low < kept.count ? kept[low] : nil
    }
}
