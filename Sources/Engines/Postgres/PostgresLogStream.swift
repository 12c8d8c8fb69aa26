import Model
import Platform

/// The write-ahead log of a cluster as it is written, over the replication protocol and a slot of ours.
final class PostgresLogStream: LogStream, @unchecked Sendable {
    // Unchecked: used by one thread at a time; what others call is the session's own.
    private static let feedback = Duration.seconds(20)

    private(set) var position: LogPosition
    private(set) var history: String

    private let session: PostgresReplication
    private let slot: String
    private let slotIsNew: Bool
    private var acknowledged: UInt64
    private var lastFeedback = BootClock.now()
    private var isCopying = false

    /// - Parameter after: where what was received ends, and the log goes on; nil begins with what the slot holds.
    /// - Throws: `log-gap` when the server no longer has what follows `after`; `log-differs` when it is another server, or
    ///   one that went back in time; `slot-unlimited`, `not-permitted`, `server-unreachable`, `busy`, `timed-out`.
    init(_ access: PostgresAccess, _ slot: LogSlot, after: LogPosition?, stored: UInt64) throws {
        let connection = try access.connectAnyhow()
        session = try PostgresReplication(access)
        // Last: who finds that the slot is gone is the only one who can tell.
        let state = try PostgresLogSlot(slot: slot, connection: connection).ensure()
        self.slot = slot.name
        slotIsNew = state.isNew
        let system = try session.ask("IDENTIFY_SYSTEM")
        guard system.count >= 3, let identifier = system[0], let current = system[1].flatMap({ UInt32($0) }),
            let flushed = system[2].flatMap({ PostgresLSN($0) }), let kept = state.kept
        else { throw Fault(.internalError, "unexpected identity of server \(access.server)") }
        let begin = try Self.begin(after, kept: kept, identifier, timeline: current, session)
        // On another timeline what was stored says nothing of where this log goes on.
        let goesOn = begin == after && begin.timeline == current
        let received = goesOn ? max(begin.offset, stored) : begin.offset
        guard received <= flushed.value else {
            throw Fault(
                .logDiffers, "server \(access.server) has less log than was received of it: it went back in time",
                hint: "points in time before that stay restorable")
        }
        history = begin.timeline > 1 ? try Self.history(of: begin.timeline, session) : ""
        position = begin
        // Never less than the slot holds: it would go back to files that are gone.
        acknowledged = max(received, kept.value)
        try start()
    }

    func next(within limit: Duration) throws -> LogEvent? {
        let deadline = BootClock.now() + limit
        while true {
            let now = BootClock.now()
            if now - lastFeedback >= Self.feedback { try sendFeedback() }
            guard now < deadline else { return nil }
            switch try session.receive(until: min(deadline, lastFeedback + Self.feedback)) {
            case .nothing: continue
            case .message(let message): if let event = try take(message) { return event }
            case .ended:
                try goOn()
                return .switched
            }
        }
    }

    func acknowledge(_ offset: UInt64) throws {
        guard offset > acknowledged else { return }
        acknowledged = offset
        if isCopying { try sendFeedback() }
    }

    func interrupt() { session.interrupt() }
}

extension PostgresLogStream {
    private static func begin(
        _ after: LogPosition?, kept: PostgresLSN, _ system: String, timeline: UInt32, _ session: PostgresReplication
    ) throws -> LogPosition {
        guard let after else { return LogPosition(system: system, timeline: timeline, offset: kept.value) }
        guard after.system == system else {
            throw Fault(
                .logDiffers, "server \(session.server) is another one than whose log was received so far",
                hint: "see that `connection` names the right server")
        }
        guard after.timeline != timeline else { return after }
        guard after.timeline < timeline else {
            throw Fault(
                .logDiffers, "server \(session.server) is back on timeline \(timeline), of which its log had gone on",
                hint: "its files were put back to an older state; points in time before that stay restorable")
        }
        // Promoted, or restored to a point in time, since: the old timeline ends where the new one branched off.
        let ancestors = PostgresTimelines(try history(of: timeline, session))
        guard let end = ancestors.end(of: after.timeline) else {
            throw Fault(
                .logDiffers, "the log of server \(session.server) does not go on from what was received of it",
                hint: "it was restored from an older state; points in time before that stay restorable")
        }
        if end.value >= after.offset { return after }
        return LogPosition(system: system, timeline: ancestors.following(after.timeline) ?? timeline, offset: end.value)
    }

    private static func history(of timeline: UInt32, _ session: PostgresReplication) throws -> String {
        let answer = try session.ask("TIMELINE_HISTORY \(timeline)")
        guard answer.count == 2, let text = answer[1] else {
            throw Fault(.internalError, "server \(session.server) has no history of timeline \(timeline)")
        }
        return text
    }

    private func start() throws {
        try noticingGaps {
            try session.startCopy(
                "START_REPLICATION SLOT \"\(slot)\" PHYSICAL \(PostgresLSN(position.offset)) TIMELINE \(position.timeline)"
            )
        }
        isCopying = true
        try sendFeedback()
    }

    /// A file of the log that isn't there any more is told when it is to be sent.
    private func noticingGaps(_ body: () throws -> Void) throws {
        do { try body() } catch let fault as Fault where fault.context["sqlstate"] == "58P01" {
            throw Fault(
                .logGap, "server \(session.server) no longer has its log from \(PostgresLSN(position.offset)) on",
                hint: slotIsNew
                    ? "replication slot \(slot) had been dropped and was made again: see who drops it"
                    : "raise max_slot_wal_keep_size if this happens again", cause: fault)
        }
    }

    /// The timeline has ended: the next one goes on from there.
    private func goOn() throws {
        isCopying = false
        try noticingGaps { try session.endCopy() }
        let system = try session.ask("IDENTIFY_SYSTEM")
        guard system.count >= 2, let current = system[1].flatMap({ UInt32($0) }), current > position.timeline else {
            throw Fault(
                .serverUnreachable, "server \(session.server) ended its log", hint: "see whether it was shut down")
        }
        let ancestors = PostgresTimelines(try Self.history(of: current, session))
        position.timeline = ancestors.following(position.timeline) ?? current
        history = try Self.history(of: position.timeline, session)
        try start()
    }

    private func take(_ message: [UInt8]) throws -> LogEvent? {
        guard let kind = message.first else { return nil }
        switch kind {
        case UInt8(ascii: "w") where message.count >= 25:
            guard Self.number(message, at: 1) == position.offset else {
                throw Fault(
                    .logFailed, "server \(session.server) left out a part of its log", hint: "it is asked for again")
            }
            let bytes = Array(message[25...])
            position.offset += UInt64(bytes.count)
            return .bytes(
                bytes, written: Self.instant(Self.number(message, at: 17)),
                isNewest: Self.number(message, at: 9) <= position.offset)
        case UInt8(ascii: "k") where message.count >= 18:
            if message[17] != 0 { try sendFeedback() }
            let isComplete = Self.number(message, at: 1) <= position.offset
            return isComplete ? .idle(written: Self.instant(Self.number(message, at: 9))) : nil
        default: return nil
        }
    }

    /// Written and flushed is what was acknowledged; nothing is applied. The server is asked for an answer, whose time says
    /// that nothing is missing.
    private func sendFeedback() throws {
        lastFeedback = BootClock.now()
        let clock = UInt64(bitPattern: (WallClock.now() - PostgresLogTime.epoch).microseconds)
        let numbers = [acknowledged, acknowledged, acknowledged, clock].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - $0 * 8)) }
        }
        try session.send(copy: [UInt8(ascii: "r")] + numbers + [1])
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func instant(_ microseconds: UInt64) -> Instant {
        PostgresLogTime.epoch + .microseconds(Int64(bitPattern: microseconds))
    }
}
