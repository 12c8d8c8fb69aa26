import Archiving
import Model

/// Counts which page versions live and die in a prune, exactly, by going through the places of each kept backup and of those
/// that are folded into it.
///
/// A version is needed when a kept backup's image holds it. Between two kept backups only the newest version of each page
/// that was not cut off is, so each kept backup is looked at with the deleted ones before it, and no others.
struct VersionCount {
    let unit: UnitStore
    let chain: Chain
    let bench: FrameBench
    /// All objects that hold pages.
    let objects: [StoredObject]
    let numbers: [ObjectName: Int]
    let step: (PruneStep) throws -> Void
    /// By deleted backup: shares that die with it, in 1/65,536 bytes.
    private(set) var died: [SequenceNumber: UInt64] = [:]

    init(
        unit: UnitStore, chain: Chain, bench: FrameBench, objects: [StoredObject],
        step: @escaping (PruneStep) throws -> Void
    ) {
        self.unit = unit
        self.chain = chain
        self.bench = bench
        self.objects = objects
        self.step = step
        numbers = Dictionary(
            objects.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// An element whose places can't be told.
    struct Unreadable: Error {
        var sequence: SequenceNumber
    }

    /// - Parameters:
    ///   - elements: a kept backup and the deleted ones before it, in order; or deleted ones that no kept one follows.
    ///   - isTail: whether nothing of them stays.
    /// - Returns: the objects that were met, by position.
    /// - Throws: `Unreadable`, what the store throws.
    mutating func count(_ elements: ArraySlice<PruneElement>, isTail: Bool) throws -> Set<Int> {
        let backups = elements.filter { !$0.isVoid }
        if !isTail, backups.count == 1, let only = backups.first, only.map == nil || only.isUnreadable { return [] }
        guard !backups.isEmpty else { return [] }
        var met: Set<Int> = []
        for stretches in VersionWindow.cut(try lengths(of: backups)) {
            var window = VersionWindow(stretches, objects: objects)
            var holder: SequenceNumber?
            for element in backups {
                try naming(element) { try go(through: element, &window, after: holder, &met) }
                try step(.counted(pages: stretches.reduce(0) { $0 + UInt64($1.pages.count) }))
                holder = element.sequence
            }
            if isTail, let holder { died[holder, default: 0] += window.clearAll() }
        }
        return met
    }

    private mutating func go(
        through element: PruneElement, _ window: inout VersionWindow, after holder: SequenceNumber?,
        _ met: inout Set<Int>
    ) throws {
        let layers = try unit.layers(of: element.range, in: chain, by: bench)
        let table = ObjectTable()
        var shares: UInt64 = 0
        if layers.contains(where: \.holdsWholeImage) {
            shares += window.clearAll()
        } else {
            for (file, pages) in layers.flatMap(\.cuts) { shares += window.cut(file, to: pages) }
        }
        var cursor = ImageCursor(layers, of: unit, in: chain, table: table, by: bench)
        cursor.move(to: window.start)
        while let run = try cursor.next(), run.start < window.end {
            guard let number = numbers[table.name(run.place.object)] else {
                throw Fault(.packDamaged, "\(unit.path(table.name(run.place.object))) is missing")
            }
            let object = objects[number]
            let share = object.isWholeAfter ? 0 : try object.share(of: run.place.frame, in: unit, by: bench)
            met.insert(number)
            shares += window.insert(run, share: share, object: number)
        }
        if let holder { died[holder, default: 0] += shares }
    }

    /// The most pages that each file has in the images.
    private func lengths(of elements: [PruneElement]) throws -> [UInt32: UInt32] {
        var lengths: [UInt32: UInt32] = [:]
        for element in elements {
            try naming(element) {
                let record = try unit.record(of: unit.open(.point(element.sequence), by: bench), by: bench)
                for file in record.draft.files { lengths[file.id] = max(lengths[file.id] ?? 0, file.pages) }
            }
        }
        return lengths
    }

    private func naming(_ element: PruneElement, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch let fault as Fault where fault.code.isDamage {
            throw Unreadable(sequence: element.sequence)
        }
    }
}
