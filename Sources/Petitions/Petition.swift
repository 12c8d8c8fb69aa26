import Wire

/// What the daemon asks of the root helper: one line of JSON on the helper's socket, answered by one.
///
/// The verbs are fixed. What each may be about only root decides, in the settings, which the helper reads itself.
///
/// While a package is upgraded a daemon of before asks the new helper, never the other way round: the helper is started anew
/// for each request. Verbs and fields are therefore never taken away or given another meaning, new fields are optional, and
/// fields that a helper doesn't know are no fault.
package enum Petition: Codable, Sendable, Equatable {
    /// What the daemon's windows may have run, by what the settings call it.
    package enum Task: String, Codable, Sendable {
        case update = "update_command"
        case certificate = "certificate_command"
    }

    case unitState(unit: String)
    case unitStop(units: [String], seconds: Int)
    case unitStart(units: [String], seconds: Int)
    /// The processes that have files open: each path itself, and the path with each suffix. Paths are in the form of
    /// `NativePath.text`.
    case holders(paths: [String], suffixes: [String])
    /// Restored files and folders back to whom they belonged.
    case own(entries: [Ownership])
    /// The program that the settings name for a task of a server's windows, as root.
    case task(server: String, task: Task, window: String, seconds: Int)
    /// A schedule's program and its arguments, with no rights at all.
    case command(words: [String], schedule: String, run: Int64, seconds: Int)

    private enum CodingKeys: String, CodingKey {
        case unitState = "unit-state"
        case unitStop = "unit-stop"
        case unitStart = "unit-start"
        case holders, own, task, command
    }
}

/// Whom a restored file or folder belonged to at backup time.
package struct Ownership: Codable, Sendable, Equatable {
    /// Absolute, in the form of `NativePath.text`.
    package var path: String
    package var uid: UInt32
    package var gid: UInt32
    /// Permission bits; never set-uid or set-gid.
    package var mode: UInt32

    package init(path: String, uid: UInt32, gid: UInt32, mode: UInt32) {
        self.path = path
        self.uid = uid
        self.gid = gid
        self.mode = mode
    }
}

extension Petition {
    /// As the journal has it.
    package var verb: String {
        switch self {
        case .unitState: CodingKeys.unitState.rawValue
        case .unitStop: CodingKeys.unitStop.rawValue
        case .unitStart: CodingKeys.unitStart.rawValue
        case .holders: CodingKeys.holders.rawValue
        case .own: CodingKeys.own.rawValue
        case .task: CodingKeys.task.rawValue
        case .command: CodingKeys.command.rawValue
        }
    }

    /// What it is about; of many the first.
    package var object: String {
        switch self {
        case .unitState(let unit): unit
        case .unitStop(let units, _), .unitStart(let units, _): units.joined(separator: " ")
        case .holders(let paths, _): Self.some(paths)
        case .own(let entries): Self.some(entries.map(\.path))
        case .task(let server, let task, _, _): "\(task.rawValue) of server \(server)"
        case .command(let words, let schedule, _, _): "\(words.first ?? "nothing") of schedule \(schedule)"
        }
    }

    /// Whether it is more than a look.
    package var changes: Bool {
        switch self {
        case .unitState, .holders: false
        case .unitStop, .unitStart, .own, .task, .command: true
        }
    }

    /// What the end of a program may take once it has been asked for. An update of the system in the middle of a package
    /// must not be killed, whoever waits.
    package var ending: Duration {
        switch self {
        case .unitState, .unitStop, .unitStart, .holders, .own: .zero
        case .task(_, .update, _, _): .seconds(360)
        case .task, .command: .seconds(60)
        }
    }

    /// The verb of a request that has one that isn't ours.
    package static func strangeVerb(in line: [UInt8]) -> String? {
        guard let names = try? WireCoding.decode([String: Anything].self, from: line).keys, names.count == 1 else {
            return nil
        }
        return names.first { CodingKeys(rawValue: $0) == nil }
    }

    /// Any value of JSON, unread.
    private struct Anything: Decodable { init(from decoder: any Decoder) {} }

    /// How long doing it may take.
    package var limit: Duration {
        switch self {
        case .unitState: .seconds(30)
        case .holders, .own: .seconds(120)
        case .unitStop(_, let seconds), .unitStart(_, let seconds), .task(_, _, _, let seconds),
            .command(_, _, _, let seconds):
            .seconds(seconds)
        }
    }

    private static func some(_ texts: [String]) -> String {
        let first = texts.first ?? "nothing"
        return texts.count > 1 ? "\(first) and \(texts.count - 1) more" : first
    }
}
