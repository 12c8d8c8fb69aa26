import Model
import Petitions
import Platform
import Settings

/// What root's settings allow, as the verbs go by it. One file a verb.
struct Grant: Sendable {
    let settings: DaemonSettings
    let stopped: StoppedUnits
    /// The daemon's user: restored files belong to it until they are given back.
    let user: UInt32
    let peer: LineSocket.Peer
    /// Whether who asked wants it no more.
    let isAbandoned: @Sendable () -> Bool
    /// Whether who asked is still there, and has said that it wants it no more.
    let isDropped: @Sendable () -> Bool

    /// Checks a request and does it.
    /// - Throws: `right-refused`; what the verb throws.
    func grant(_ petition: Petition) throws -> Answer {
        guard (.seconds(1) ... .seconds(30 * 86_400)).contains(petition.limit) else {
            throw Fault(.rightRefused, "the request asks for an unsuitable time")
        }
        return switch petition {
        case .unitState(let unit): .state(isActive: try isActive(unit))
        case .unitStop(let units, _): try stop(units, within: petition.limit)
        case .unitStart(let units, _): try start(units, within: petition.limit)
        case .holders(let paths, let suffixes): .holders(found: try holders(of: paths, suffixes))
        case .own(let entries): try own(entries)
        case .task(let server, let task, let window, _):
            .ended(how: try run(task, of: server, window, within: petition.limit))
        case .command(let words, let schedule, let run, _):
            .ended(how: try command(words, schedule, run, within: petition.limit))
        }
    }
}
