import Archiving
import Model

extension Repository {
    /// Removes what writers that died have left: uncommitted objects, packs that no point names, keys half removed.
    ///
    /// A pack whose number is taken and which that point does not name can never be committed; a later number than the
    /// newest point's belongs to a writer that is gone, because the caller holds the lock.
    func clean() throws {
        try store.dropUncommitted(in: "")
        try store.dropUncommitted(in: Self.keysFolder)
        try restoreLostSlots()
        for unit in try units() { try clean(unitStore(unit)) }
    }

    private func clean(_ unit: UnitStore) throws {
        for folder in try unit.folders() {
            try store.dropUncommitted(in: "\(unit.folder)/\(folder)")
        }
        // Taken numbers, also of backups that a prune has taken out of the list.
        let newest = try unit.list("points").last?.sequence ?? 0
        let packs = try unit.list("packs").filter { $0.sequence >= newest }
        guard !packs.isEmpty else { return }
        var named: Set<ObjectName> = []
        if packs.contains(where: { $0.sequence == newest }) {
            // A point that can't be read may name any of them.
            guard let record = try? record(newest, of: unit.unit) else { return }
            named.formUnion(record.packs)
        }
        let dropped = packs.filter { !named.contains($0) }
        for pack in dropped { try store.delete(unit.path(pack)) }
        if let pack = dropped.first { try store.syncNames(of: unit.folder(of: pack)) }
    }
}
