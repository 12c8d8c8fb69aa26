import Archiving
import Model
import Synchronization

/// A point, pack, map or mark that is being written.
final class OpenObject: @unchecked Sendable {
    let name: ObjectName
    /// In the object table of its delta.
    let number: UInt32
    let sink: any ObjectWriter
    let envelope: EnvelopeWriter
    /// Page frames promised to workers. Unchecked: guarded by the lock of the writer that owns this.
    var taken = 0

    private let frames: Int
    private let appended = Atomic<Int>(0)

    /// - Parameter frames: page frames after which it is full.
    init(_ name: ObjectName, number: UInt32, in unit: UnitStore, frames: Int) throws {
        self.name = name
        self.number = number
        self.frames = frames
        sink = try unit.store.create(in: unit.folder(of: name))
        do {
            envelope = try EnvelopeWriter(unit.identity(name), name: unit.path(name), key: unit.master, to: sink)
        } catch {
            sink.abandon()
            throw error
        }
    }

    /// - Returns: whether that was the last frame that it takes.
    func countAppended() -> Bool { appended.add(1, ordering: .sequentiallyConsistent).newValue == frames }
}
