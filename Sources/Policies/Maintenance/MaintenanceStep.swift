package import Model

/// What a window has carried out, in this order.
package enum MaintenanceStep: Sendable, Hashable, Codable {
    /// Refuse new clients. Must be written down before it is begun, so that a crash can reopen.
    case close
    /// Connected clients see how long they have.
    case countdown
    case disconnect
    case backup
    case task(MaintenanceTask.Kind)
    /// Everything is as it should be before clients come back.
    case check
    /// Of everything that `close` may have closed; does no harm where nothing is.
    case reopen

    package var name: String {
        switch self {
        case .close: "close"
        case .countdown: "countdown"
        case .disconnect: "disconnect"
        case .backup: "backup"
        case .task(let kind): kind.rawValue
        case .check: "check"
        case .reopen: "reopen"
        }
    }
}

/// How a step ended.
package enum MaintenanceOutcome: Sendable, Hashable, Codable {
    case done
    case failed(reason: String)
    /// It found nothing that it could be done with, for what an earlier step has told.
    case skipped(reason: String)
    /// Not done by its deadline.
    case timedOut
    /// The window ended while it was under way.
    case cutOff
}

/// Why a window ended.
package enum MaintenanceEnding: Sendable, Hashable, Codable {
    /// All steps were carried out or tried.
    case completed
    case aborted(by: Actor)
    /// A step failed, or wasn't done by its deadline, after which the window may not go on.
    case stopped(MaintenanceStep)
    /// The watchdog reopened what was still closed at the hard end.
    case hardEnd
    /// The clock was set or came into doubt before clients were disconnected: it may be another time altogether.
    case clockSet
    /// The daemon ended in the middle of this step.
    case killed(MaintenanceStep)
}

/// A connection to a database of the server.
package struct MaintenanceClient: Sendable, Hashable, Codable {
    /// For people: who, from where, on which database.
    package var name: String
    /// Elapsed time since its last activity.
    package var idle: Duration

    package init(name: String, idle: Duration) {
        self.name = name
        self.idle = idle
    }
}
