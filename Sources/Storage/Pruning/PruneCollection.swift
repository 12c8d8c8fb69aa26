import Archiving
import Model

/// Deletes what the head doesn't name any more, in the reverse order of writing, unless somebody may be reading it.
struct PruneCollection {
    let unit: UnitStore
    let bench: FrameBench
    let step: (PruneStep) throws -> Void

    /// - Parameter objects: page objects that nothing needs.
    func run(_ objects: Set<ObjectName>, report: inout PruneReport) throws {
        let points = objects.filter { if case .point = $0 { true } else { false } }
        let groups = [Array(points), try marks(), Array(objects.subtracting(points)), try maps(), try heads()]
        // Asked after the switch: whoever begins to read from here on needs nothing of this.
        if try unit.access.hasReaders() {
            report.objectsLeft = groups.reduce(0) { $0 + $1.count }
            return
        }
        for group in groups { try delete(group, report: &report, step: step) }
        try removeUnit(report: &report)
    }

    private func delete(
        _ names: [ObjectName], report: inout PruneReport, step: (PruneStep) throws -> Void
    ) throws {
        for name in names.sorted(by: { $0.path < $1.path }) {
            let path = unit.path(name)
            let size = try unit.store.size(path) ?? 0
            try unit.store.delete(path)
            report.deletedObjects += 1
            report.deletedBytes = report.deletedBytes + ByteCount(Int64(clamping: size))
            try step(.deleted(bytes: size))
        }
        unit.memory.note { $0.forgetMarks() }
        for folder in Set(names.map(unit.folder)).sorted() { try unit.store.syncNames(of: folder) }
    }

    /// Of backups that are no more; those of the whole unit stay as long as it has any.
    private func marks() throws -> [ObjectName] {
        guard let head = try unit.head() else { return [] }
        let isEmpty = try head.points.isEmpty && unit.sequences().isEmpty
        return try unit.list("marks").filter { isEmpty || $0.sequence > 0 && !head.lists($0.sequence) }
    }

    private func maps() throws -> [ObjectName] {
        let chain = try unit.chain()
        let layers = Set(
            chain.head?.points.indices.compactMap { index in
                chain.head.map { chain.layer(of: $0.range(of: index)) }
            } ?? [])
        let names = try unit.folders().filter { $0.hasPrefix("maps/") }.flatMap(unit.list)
        return names.filter { name in
            guard case .map(_, _, let generation) = name else { return false }
            return generation != chain.generation && !layers.contains(name)
        }
    }

    private func heads() throws -> [ObjectName] {
        guard let head = try unit.head() else { return [] }
        return try unit.list("heads").filter { name in
            if case .head(let generation, _) = name { generation < head.generation } else { false }
        }
    }

    /// The last head of a unit without backups, and its folders.
    private func removeUnit(report: inout PruneReport) throws {
        try unit.access.committing {
            guard try unit.list("points").isEmpty, !unit.access.hasWriters else { return }
            for folder in try unit.folders() { try unit.store.dropUncommitted(in: "\(unit.folder)/\(folder)") }
            let names = try unit.folders().flatMap(unit.list)
            // Hardly more than the heads is left; nobody is called from inside.
            try delete(names.filter { if case .head = $0 { false } else { true } }, report: &report) { _ in }
            try delete(names.filter { if case .head = $0 { true } else { false } }, report: &report) { _ in }
            unit.forgetHead()
            for folder in try unit.folders() + ["maps", ""] {
                try unit.store.removeFolder(folder.isEmpty ? unit.folder : "\(unit.folder)/\(folder)")
            }
            report.unitRemoved = true
        }
    }
}
