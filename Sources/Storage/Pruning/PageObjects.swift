import Model

/// The objects of a unit that hold pages, and which of them belong to listed backups as a whole.
struct PageObjects {
    private let unit: UnitStore
    private let newest: SequenceNumber
    private let head: Head?
    private let elements: [SequenceNumber: PruneElement]
    /// Numbers around what can't be read: nothing of them is touched.
    private let untouched: [ClosedRange<SequenceNumber>]
    private let named: Set<ObjectName>

    init(_ unit: UnitStore, _ chain: Chain, _ elements: [PruneElement], newest: SequenceNumber) throws {
        self.unit = unit
        self.newest = newest
        head = chain.head
        self.elements = Dictionary(elements.map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
        untouched = elements.filter(\.isUnreadable).map(\.range)
        named = Set((chain.head?.objects ?? []) + elements.flatMap { $0.packs ?? [] })
    }

    /// What a writer at work has stored so far, which has a number of its own, is left out.
    func list() throws -> [StoredObject] {
        var found: [StoredObject] = []
        for name in try ["points", "packs", "folds"].flatMap(unit.list) where name.sequence <= newest {
            guard let size = try unit.store.size(unit.path(name)) else { continue }
            let object = StoredObject(name, size: size)
            (object.isWholeBefore, object.isWholeAfter) = isWhole(name)
            if case .point(let sequence) = name { object.isFence = elements[sequence]?.isVoid ?? false }
            found.append(object)
        }
        return found
    }

    private func isWhole(_ name: ObjectName) -> (before: Bool, after: Bool) {
        if untouched.contains(where: { $0.contains(name.sequence) }) { return (true, true) }
        guard let element = elements[name.sequence] else { return (false, false) }
        switch name {
        case .point: return (true, element.stays)
        // A pack of the same number that is not named belongs to a backup that was never committed.
        case .pack where named.contains(name): return (true, element.stays)
        default: return (false, false)
        }
    }
}
