import Archiving
import Model

/// What a prune of a unit will do; told without writing anything.
///
/// Memory: O(backups + objects), and that of `StoredObject` and `VersionWindow`.
struct PrunePlan {
    /// Dead bytes of the stored ones, in percent: more makes a prune move pages, until there are no more than `target`.
    static let limit: UInt64 = 5
    static let target: UInt64 = 4

    /// A layer of the new generation.
    struct Fold {
        /// The kept backup.
        var sequence: SequenceNumber
        /// The numbers that it merges.
        var range: ClosedRange<SequenceNumber>
        /// As it was, or nil when a map has to be written.
        var source: Source?
        var isVoid: Bool

        enum Source: Equatable {
            case delta
            case map(UInt64)
        }
    }

    /// Which pages of mostly dead objects may move.
    enum Moving: Equatable {
        case all
        case none
        /// As long as they take no more than these bytes.
        case upTo(UInt64)
    }

    let chain: Chain
    let elements: [PruneElement]
    /// The highest number that was taken.
    let newest: SequenceNumber
    private(set) var folds: [Fold] = []
    private(set) var objects: [StoredObject] = []
    /// Objects whose pages move.
    private(set) var rewritten: Set<ObjectName> = []
    private(set) var estimate = PruneEstimate()

    /// - Throws: damage codes only when the head can't be read; what the store or `step` throws.
    static func make(
        of unit: UnitStore, deleting: Set<SequenceNumber>, moving: Moving = .all,
        step: @escaping (PruneStep) throws -> Void = { _ in }
    ) throws -> PrunePlan {
        var unreadable: Set<SequenceNumber> = []
        while true {
            do {
                return try PrunePlan(unit, deleting, unreadable, moving, step)
            } catch let found as VersionCount.Unreadable {
                guard unreadable.insert(found.sequence).inserted else {
                    throw Fault(.pointDamaged, "backup \(found.sequence) of unit \(unit.unit) can't be read")
                }
            }
        }
    }

    private init(
        _ unit: UnitStore, _ deleting: Set<SequenceNumber>, _ unreadable: Set<SequenceNumber>,
        _ moving: Moving, _ step: @escaping (PruneStep) throws -> Void
    ) throws {
        chain = try unit.chain()
        var elements = try PruneElement.list(unit, chain, unreadable: unreadable)
        estimate.left = elements.mark(deleting: deleting)
        self.elements = elements
        newest = max(elements.last?.sequence ?? 0, chain.head?.upTo ?? 0)
        objects = try PageObjects(unit, chain, elements, newest: newest).list()
        let bench = try FrameBench()
        var count = VersionCount(unit: unit, chain: chain, bench: bench, objects: objects, step: step)
        let (folds, tail) = elements.intervals()
        let met = try folds.map { try count.count($0, isTail: false) }
        _ = try count.count(tail, isTail: true)
        chooseRewritten(moving)
        plan(folds, met)
        if let fence = tail.last, fence.stays {
            self.folds.append(Fold(sequence: fence.sequence, range: fence.range, source: .delta, isVoid: true))
        }
        fill(died: count.died)
    }

    /// All but fences, which have no pages and come and go with prunes.
    private var counted: [StoredObject] { objects.filter { !$0.isFence } }

    /// Page objects that nothing needs, or needs elsewhere.
    var dropped: [StoredObject] { objects.filter { isDropped($0) } }
    func isDropped(_ object: StoredObject) -> Bool { !object.isWholeAfter && object.pages == 0 }

    /// What pages that move take, before they are sealed anew.
    var movedBytes: UInt64 {
        objects.filter { rewritten.contains($0.name) }.reduce(0) { $0 + $1.liveAfter }
    }

    /// Page objects that are needed where they are.
    var kept: [ObjectName] {
        objects.filter { !isDropped($0) && !rewritten.contains($0.name) }.map(\.name)
    }

    /// What can't be read, of elements that therefore stay.
    var damage: DamageList {
        DamageList(
            elements.filter(\.isUnreadable).map { DamageList.Item(object: chain.layer(of: $0.range), frames: nil) })
    }

    /// Backups that go.
    var deleted: Set<SequenceNumber> { Set(elements.filter { !$0.stays && !$0.isVoid }.map(\.sequence)) }

    /// Whether no backup stays.
    var isEmptied: Bool { elements.isEmptied }

    /// Whether the newest backup goes: then no writer may be building on it.
    var deletesNewest: Bool { elements.last { !$0.isVoid }.map { !$0.stays } ?? false }

    /// Whether the unit's list or places change, so that another head is needed.
    var changesHead: Bool {
        if elements.contains(where: { !$0.stays }) || folds.contains(where: { $0.source == nil }) { return true }
        guard let head = chain.head else { return false }
        // Objects that fell out of use.
        let used = Set(objects.filter { !isDropped($0) }.map(\.name))
        return head.objects.contains { !used.contains($0) }
    }

    /// From the deadest on, until few enough dead bytes are left.
    private mutating func chooseRewritten(_ moving: Moving) {
        var room: UInt64
        switch moving {
        case .all: room = .max
        case .none: return
        case .upTo(let bytes): room = bytes
        }
        let staying = counted.filter { !isDropped($0) }
        var stored = staying.reduce(0) { $0 + $1.size }
        var dead = staying.reduce(0) { $0 + $1.deadAfter }
        guard dead * 100 > stored * Self.limit else { return }
        let candidates = staying.filter { !$0.isWholeAfter && !$0.isUnreadable && $0.deadAfter > 0 }
        for object in candidates.sorted(by: { $0.deadAfter * $1.size > $1.deadAfter * $0.size }) {
            guard dead * 100 > stored * Self.target else { return }
            guard object.liveAfter <= room else { continue }
            room -= object.liveAfter
            rewritten.insert(object.name)
            dead -= object.deadAfter
            stored -= object.deadAfter
        }
    }

    private mutating func plan(_ intervals: [ArraySlice<PruneElement>], _ met: [Set<Int>]) {
        for (interval, met) in zip(intervals, met) {
            guard let last = interval.last, let first = interval.first(where: { !$0.isVoid }) else { continue }
            var range = first.range.lowerBound...last.sequence
            let isAlone = interval.count { !$0.isVoid } == 1
            let moves = met.contains { rewritten.contains(objects[$0].name) }
            var source: Fold.Source?
            if !moves {
                switch last.map {
                case nil where isAlone || last.holdsWholeImage:
                    source = .delta
                    range = last.range
                case let map? where isAlone: source = .map(map)
                default: break
                }
            }
            folds.append(Fold(sequence: last.sequence, range: range, source: source, isVoid: false))
        }
    }

    private mutating func fill(died: [SequenceNumber: UInt64]) {
        func bytes(_ count: UInt64) -> ByteCount { ByteCount(Int64(clamping: count)) }
        var byBackup = died
        let deleted = deleted
        for object in objects where object.isWholeBefore && !object.isWholeAfter {
            guard deleted.contains(object.name.sequence) else { continue }
            byBackup[object.name.sequence, default: 0] += object.overhead * StoredObject.unit
        }
        estimate.byBackup = byBackup.mapValues { bytes($0 / StoredObject.unit) }
        let stored = counted.reduce(0) { $0 + $1.size }
        estimate.stored = bytes(stored)
        estimate.dead = bytes(stored - counted.reduce(0) { $0 + $1.liveBefore })
        let staying = counted.filter { !isDropped($0) }
        let moved = staying.filter { rewritten.contains($0.name) }.reduce(0) { $0 + $1.liveAfter }
        let kept = staying.filter { !rewritten.contains($0.name) }
        estimate.storedAfter = bytes(moved + kept.reduce(0) { $0 + $1.size })
        estimate.deadAfter = bytes(kept.reduce(0) { $0 + $1.deadAfter })
    }
}
