import Synchronization

/// A followed log, shared by the thread that looks after it and the backups that ask it.
final class LogFollowing: Sendable {
    private struct State {
        /// Nil once it is over.
        var log: FollowedLog?
        var wasInTheWay = false

        /// - Returns: nil when it is over, also from now on.
        mutating func with<Result>(_ body: (inout FollowedLog) throws -> Result?) -> Result? {
            guard var log = log.take() else { return nil }
            do {
                let result = try body(&log)
                self.log = log
                return result
            } catch let doubt as LogDoubt {
                wasInTheWay = doubt.isInTheWay
                return nil
            } catch { return nil }
        }
    }

    private let state: Mutex<State>

    /// - Parameter place: of a snapshot that still keeps the log from being started over.
    /// - Returns: nil when there is no slot that nobody uses, or the log has gone on already.
    init?(_ source: DatabaseSource, from place: LogPlace) throws {
        guard let log = try FollowedLog(source, from: place) else { return nil }
        state = Mutex(State(log: log))
    }

    /// Looks once.
    /// - Returns: how long to wait for the next look; nil when it is over.
    func look() -> Duration? {
        state.withLock { state in
            let wait = state.with { try $0.look() }
            if wait == nil { state.log = nil }
            return wait
        }
    }

    /// A snapshot begins at `place`, which the index just told.
    func mark(_ place: LogPlace) { state.withLock { _ = $0.with { try $0.mark(place) } } }

    /// - Returns: what was written from `place` on, a superset, and the place up to which; nil when that is unknown.
    func pages(since place: LogPlace) -> (LoggedPages, LogPlace)? {
        state.withLock { $0.with { try $0.pages(since: place) } }
    }

    /// Lets go of all locks; may be called again.
    func end() { state.withLock { $0.log = nil } }

    var isOver: Bool { state.withLock { $0.log == nil } }
    /// Whether it is over because the log suffered from it.
    var wasInTheWay: Bool { state.withLock { $0.wasInTheWay } }
}
