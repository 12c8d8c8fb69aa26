package import Model

/// Why a backup is kept, released or deleted.
package enum RetentionReason: Sendable, Hashable {
    // Why it is kept by a rule.
    case preserved
    /// Within `keep_days`.
    case age(String)
    /// The newest of its local hour or day where progressive backups thin out; rule and slot.
    case thinned(String, RetainedSlot)
    case last(String)
    /// The newest of a slot that a count keeps; rule and slot.
    case count(String, RetainedSlot)
    /// Dated after now: a clock was wrong.
    case fromFuture
    // Why it is kept although no rule wants it.
    case newestGood
    case newestProven
    /// No backup is good: the newest may hold what can still be saved.
    case newestOfNone
    case undeleted(Instant)
    case grace(end: Instant)
    case unreachable
    case clockInDoubt
    case held(percent: Int, limit: Int)
    // Why it goes.
    /// Older than `keep_days`, and no other rule wants it.
    case expired(String)
    /// A newer backup stands for its hour or day.
    case superseded(String, hourly: Bool)
    case graceEnded
    case deletedByAdmin
    case deletedByPolicy
}

/// What a plan does with one backup, and why.
package struct RetentionVerdict: Sendable, Hashable {
    package enum Fate: Sendable, Hashable {
        case kept
        /// Softly deleted now; it can be taken back until the instant.
        case released(until: Instant)
        /// Softly deleted before; it can be taken back until the instant.
        case inSoftDelete(until: Instant)
        /// Softly deleted before, and its time is over, but a protection holds it.
        case heldInSoftDelete
        /// Deleted now, for good.
        case deleted
    }

    package var sequence: SequenceNumber
    package var fate: Fate
    package var reason: RetentionReason
}

extension RetentionVerdict {
    /// `kept: keep_days 30 (default)`, for people.
    package func text(zone: ZoneOffset) -> String {
        let why = reason.text(zone: zone)
        return switch fate {
        case .kept: "kept: \(why)"
        case .released(let until): "released, can be undeleted until \(until.localText(zone: zone)): \(why)"
        case .inSoftDelete(let until): "deleted, can be undeleted until \(until.localText(zone: zone)): \(why)"
        case .heldInSoftDelete: "deleted, can still be undeleted: \(why)"
        case .deleted: "deleted for good: \(why)"
        }
    }
}

extension RetentionReason {
    /// The rule or the protection that decided, for people.
    package func text(zone: ZoneOffset) -> String {
        switch self {
        case .preserved: "preserved"
        case .age(let rule), .last(let rule): rule
        case .thinned(let rule, let slot), .count(let rule, let slot): "\(rule): newest of \(slot)"
        case .fromFuture: "dated after now, a clock was wrong"
        case .newestGood: "newest good backup"
        case .newestProven: "newest proven backup"
        case .newestOfNone: "newest backup, none is good"
        case .undeleted(let instant): "undeleted at \(instant.localText(zone: zone)), preserve it to keep it for longer"
        case .grace(let end): "grace of the deleted database until \(end.localText(zone: zone))"
        case .unreachable: "database unreachable"
        case .clockInDoubt: "clock in doubt"
        case .held(let percent, let limit):
            "held: would delete \(percent) % of the backups at once, more than \(limit) % needs a confirmation"
        case .expired(let rule): "older than \(rule)"
        case .superseded(let rule, _): "thinned out, \(rule)"
        case .graceEnded: "grace of the deleted database is over"
        case .deletedByAdmin: "deleted by an admin"
        case .deletedByPolicy: "released by retention"
        }
    }
}

extension Instant {
    /// `2026-11-20 14:05`, local time, for people.
    package func localText(zone: ZoneOffset) -> String {
        let civil = LocalTime.civil(at: self, zone: zone)
        return "\(digits(civil.year, 4))-\(digits(civil.month, 2))-\(digits(civil.day, 2)) "
            + "\(digits(civil.hour, 2)):\(digits(civil.minute, 2))"
    }
}
