import Archiving
import Model

extension UnitStore {
    /// By backup, in the order they were made. A damaged mark still preserves; others that can't be read don't count.
    ///
    /// - Parameter isWanted: whether the marks of a backup are read.
    func marks(
        where isWanted: (SequenceNumber) -> Bool = { _ in true }
    ) throws -> [SequenceNumber: [(number: UInt64, mark: Mark)]] {
        try read(list("marks").filter { isWanted($0.sequence) })
    }

    func read(_ names: [ObjectName]) throws -> [SequenceNumber: [(number: UInt64, mark: Mark)]] {
        guard !names.isEmpty else { return [:] }
        let bench = try FrameBench()
        var marks: [SequenceNumber: [(number: UInt64, mark: Mark)]] = [:]
        for case .mark(let sequence, let number, let kind) in names {
            let name = ObjectName.mark(sequence, number: number, kind)
            if let mark = try? decode(Mark.self, open(name, by: bench), by: bench), mark.kind == kind {
                marks[sequence, default: []].append((number, mark))
            } else if kind == .preserved {
                let mark = Mark(kind: .preserved, instant: Instant(seconds: 0), actor: .daemon)
                marks[sequence, default: []].append((number, mark))
            }
        }
        return marks.mapValues { $0.sorted { $0.number < $1.number } }
    }

    /// The names of the marks of one number. O(marks) after one was put or deleted, then O(1).
    func markNames(of sequence: SequenceNumber) throws -> [ObjectName] {
        if let known = memory.recall(\.marks) {
            if sequence > known.highest { return [] }
            if let names = known.names[sequence] { return names }
        }
        let changes = memory.changes
        let all = try list("marks")
        let names = all.filter { $0.sequence == sequence }
        memory.note(since: changes) { memory in
            var known = memory.marks ?? .init(highest: all.last?.sequence ?? 0, names: [:])
            if known.names.count >= UnitMemory.KnownMarks.limit { known.names = [:] }
            known.names[sequence] = names
            memory.marks = known
        }
        return names
    }

    /// The marks of one number, in the order they were made; read as `marks(where:)` reads them.
    func marks(of sequence: SequenceNumber) throws -> [(number: UInt64, mark: Mark)] {
        try read(markNames(of: sequence))[sequence] ?? []
    }

    /// The state of each backup that has marks or was preserved at birth.
    func markStates(
        preservedAtBirth: Set<SequenceNumber>, where isWanted: (SequenceNumber) -> Bool = { _ in true }
    ) throws -> [SequenceNumber: MarkState] {
        var states = Dictionary(
            preservedAtBirth.map { ($0, MarkState(isPreserved: true)) }, uniquingKeysWith: { first, _ in first })
        for (sequence, marks) in try marks(where: isWanted) {
            for item in marks { states[sequence, default: MarkState(isPreserved: false)].apply(item.mark) }
        }
        return states
    }

    /// - Throws: `not-found` for a backup that is not there, or not any more.
    func requireMarkable(_ sequence: SequenceNumber) throws {
        var isListed = true
        do {
            isListed = try head()?.lists(sequence) ?? true
        } catch let fault as Fault where fault.code.isDamage {
            // Nothing can be deleted for good meanwhile.
        }
        guard isListed, try store.size(path(.point(sequence))) != nil else {
            throw Fault(.notFound, "backup \(BackupID(unit: unit, sequence: sequence)) was deleted")
        }
    }
}
