import Model
import Synchronization

/// What the records of layers say that were read last, for all units of a repository: the image before is made of hardly
/// other layers than the one before that, and a map may name as many objects as there are backups.
///
/// Bytes: about `limit`.
final class LayerCache: Sendable {
    private struct Key: Hashable {
        var unit: UnitID
        var object: ObjectName
    }

    private struct Entry {
        var salt: [UInt8]
        var layer: LayerRecord
    }

    private struct State {
        /// What was used since the older half was put aside.
        var young: [Key: Entry] = [:]
        var old: [Key: Entry] = [:]
        var bytes = 0
    }

    private static let limit = 8 << 20

    private let state = Mutex(State())

    /// - Parameter salt: of the object as it is now: another object may have got its name.
    func layer(_ object: ObjectName, of unit: UnitID, salt: [UInt8]) -> LayerRecord? {
        let key = Key(unit: unit, object: object)
        return state.withLock { state in
            guard let known = state.young[key] ?? state.old[key], known.salt == salt else { return nil }
            if state.young[key] == nil { Self.insert(known, key, &state) }
            return known.layer
        }
    }

    func note(_ layer: LayerRecord, _ object: ObjectName, of unit: UnitID, salt: [UInt8]) {
        let entry = Entry(salt: salt, layer: layer)
        state.withLock { Self.insert(entry, Key(unit: unit, object: object), &$0) }
    }

    private static func insert(_ entry: Entry, _ key: Key, _ state: inout State) {
        let bytes = entry.layer.bytes
        if state.bytes + bytes > limit / 2 {
            (state.old, state.young, state.bytes) = (state.young, [:], 0)
        }
        state.young[key] = entry
        state.bytes += bytes
    }
}
