import Model
import Synchronization

/// What the one process that may write to a unit remembers of its folders, so that a backup lists none of them and costs
/// the same after a hundred thousand others. What was found in a folder counts until somebody changes it meanwhile.
///
/// Bytes: about 50 for each map.
final class UnitMemory: Sendable {
    /// A unit's layers below a head, which is told by the start of its object: nil for a unit that was never pruned.
    struct KnownChain {
        var head: [UInt8]?
        var chain: Chain
        /// Layers whose segments have all been merged.
        var merged = 0
        /// At most so many pages have to be read on top of the lowest layer of the image of this number.
        var above: (newest: SequenceNumber, pages: UInt64)?
    }

    /// Names of the marks of a few numbers, and the highest number that has any.
    struct KnownMarks {
        /// Numbers whose names are held.
        static let limit = 64

        var highest: SequenceNumber
        var names: [SequenceNumber: [ObjectName]]
    }

    struct State {
        /// The highest number among the points, when it was last looked up.
        var newest: SequenceNumber?
        /// The highest number that a map merges, as it was found: this process merges no higher one than its newest point.
        var highestMerged: SequenceNumber?
        var chain: KnownChain?
        var marks: KnownMarks?
        /// Points that were read and are no fulls.
        var progressives = NumberSet()
        /// Counts what was forgotten, so that what was listed before is not remembered after it.
        var changes = 0

        mutating func forgetMarks() {
            marks = nil
            changes += 1
        }

        mutating func forget() {
            (newest, highestMerged, chain, marks) = (nil, nil, nil, nil)
            progressives = NumberSet()
            changes += 1
        }
    }

    private let isOnlyWriter: Bool
    private let state = Mutex(State())

    /// - Parameter isOnlyWriter: others write where it is false: then nothing is remembered.
    init(isOnlyWriter: Bool) { self.isOnlyWriter = isOnlyWriter }

    func recall<Value: Sendable>(_ value: (State) -> Value?) -> Value? { state.withLock { value($0) } }

    /// To be asked before a folder is listed.
    var changes: Int { state.withLock { $0.changes } }

    /// - Parameter changes: as they were before a folder was listed: nothing is noted when they are others now.
    func note(since changes: Int? = nil, _ body: (inout State) -> Void) {
        guard isOnlyWriter else { return }
        state.withLock { state in if changes == nil || changes == state.changes { body(&state) } }
    }
}
