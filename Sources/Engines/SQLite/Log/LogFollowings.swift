import Platform
import Synchronization

/// The databases of a server whose logs are followed: those that are written too fast to be read now and then.
final class LogFollowings: Sendable {
    /// Each has a thread of its own, which looks a few times a second.
    static let most = 64
    /// A log that could not be followed to the end isn't followed again for so long: it might suffer each time.
    static let retreat = Duration.seconds(600)

    private struct State {
        var followings: [String: LogFollowing] = [:]
        /// Where the latest snapshot of each database in use began.
        var latest: [String: LogPlace] = [:]
        /// Until when a database is left alone.
        var retreats: [String: Duration] = [:]
    }

    private let state = Mutex(State())

    deinit {
        state.withLock { state in
            for following in state.followings.values { following.end() }
        }
    }

    /// A snapshot of a database begins at `place`, which the index just told.
    func mark(_ path: String, _ place: LogPlace) {
        let following = state.withLock { state in
            state.latest[path] = place
            return state.followings[path]
        }
        following?.mark(place)
    }

    func pages(of path: String, since place: LogPlace) -> (LoggedPages, LogPlace)? {
        state.withLock { $0.followings[path] }?.pages(since: place)
    }

    /// Follows a database from where its latest snapshot began, if that is still possible.
    func begin(_ path: String, _ source: DatabaseSource) {
        let now = BootClock.now()
        let place = state.withLock { state -> LogPlace? in
            for (path, following) in state.followings where following.isOver {
                if following.wasInTheWay { state.retreats[path] = now + Self.retreat }
                state.followings[path] = nil
            }
            state.retreats = state.retreats.filter { $0.value > now }
            guard state.followings.count < Self.most, state.followings[path] == nil, state.retreats[path] == nil
            else { return nil }
            return state.latest[path]
        }
        guard let place, let following = try? LogFollowing(source, from: place) else { return }
        let isFirst = state.withLock { state in
            if state.followings[path] == nil { state.followings[path] = following }
            return state.followings[path] === following
        }
        guard isFirst else { return following.end() }
        Threads.start("log-\(path.suffix(10))") {
            while let wait = following.look() { Threads.pause(wait) }
        }
    }
}
