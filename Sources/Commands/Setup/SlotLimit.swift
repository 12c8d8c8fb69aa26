package import Model

/// How much log a PostgreSQL server may keep for replication slots, where it has no limit yet.
///
/// Without one, a daemon that is down lets the server's disk fill up. The server's superuser sets it, once: the daemon's role
/// gets no right to change settings for that.
package enum SlotLimit: Equatable, Sendable {
    /// Gigabytes.
    case set(Int)
    /// Slots of others could lose their hold by it: their owner decides.
    case leftTo(slots: [String])

    /// A quarter of what is free beside the data, 1 to 10 GB.
    package static func proposed(free: ByteCount, otherSlots: [String]) -> SlotLimit {
        guard otherSlots.isEmpty else { return .leftTo(slots: otherSlots) }
        return .set(Int(min(max((free.bytes / 4) >> 30, 1), 10)))
    }

    package var statements: [String] {
        switch self {
        case .set(let gigabytes):
            ["ALTER SYSTEM SET max_slot_wal_keep_size = '\(gigabytes)GB'", "SELECT pg_reload_conf()"]
        case .leftTo: []
        }
    }
}
