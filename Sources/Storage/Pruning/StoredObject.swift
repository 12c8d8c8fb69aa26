import Archiving
import Model

/// An object that holds pages, and how much of it is in use before and after a prune.
///
/// A page's share of its frame is the frame's stored length divided by the frame's pages, rounded down to 1/65,536 byte.
/// Memory: 8 bytes for each frame of objects whose backup goes or is gone.
final class StoredObject {
    static let unit: UInt64 = 1 << 16

    let name: ObjectName
    /// Bytes of the object.
    let size: UInt64
    /// Whether all of it counts: it belongs to a backup that is in the list.
    var isWholeBefore = false
    var isWholeAfter = false
    /// A void point.
    var isFence = false
    /// Shares in use, in 1/65,536 bytes; of objects that are not whole.
    var before: UInt64 = 0
    var after: UInt64 = 0
    /// Page versions that stay.
    var pages = 0
    /// Whether its contents can't be read: it stays where it is as long as a page is looked for in it.
    private(set) var isUnreadable = false
    private var shares: [UInt64]?
    /// All shares of all frames.
    private var total: UInt64 = 0
    /// Bytes of deltas and records: of use to a listed backup only.
    private var records: UInt64 = 0

    init(_ name: ObjectName, size: UInt64) {
        self.name = name
        self.size = size
    }

    var liveBefore: UInt64 { isWholeBefore ? size : live(before, isUsed: before > 0) }
    var liveAfter: UInt64 { isWholeAfter ? size : live(after, isUsed: pages > 0) }
    var deadAfter: UInt64 { size - liveAfter }
    /// What is no page and dies with its backup.
    var overhead: UInt64 { pages > 0 ? records : size - min(size, total / Self.unit) }

    /// Header, contents and footer count as live as long as a page is in use.
    private func live(_ shares: UInt64, isUsed: Bool) -> UInt64 {
        guard isUsed else { return 0 }
        return isUnreadable ? size : size - min(size, records + (total - shares) / Self.unit)
    }

    /// - Throws: what the store throws but damage, which makes it unreadable.
    func share(of frame: UInt32, in unit: UnitStore, by bench: FrameBench) throws -> UInt64 {
        if shares == nil { shares = try readShares(unit, bench) }
        guard let shares, frame < shares.count else {
            isUnreadable = true
            return 0
        }
        return shares[Int(frame)]
    }

    private func readShares(_ unit: UnitStore, _ bench: FrameBench) throws -> [UInt64] {
        do {
            let contents = try unit.open(name, by: bench).contents
            return contents.entries.map { entry in
                let pages = contents.runs(of: entry).reduce(0) { $0 + UInt64($1.count) }
                guard entry.kind == .pages, pages > 0 else {
                    records += UInt64(entry.storedLength)
                    return 0
                }
                let share = UInt64(entry.storedLength) * Self.unit / pages
                total += share * pages
                return share
            }
        } catch let fault as Fault where fault.code.isDamage {
            isUnreadable = true
            return []
        }
    }
}
