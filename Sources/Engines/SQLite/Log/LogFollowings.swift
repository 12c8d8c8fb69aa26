import Platform
import Synchronization

/// The databases of a server whose logs are followed: those that are written too fast to be read now and then.
final class LogFollowings: Sendable {
    /// Each has a thread of its own, which looks a few times a second.
    static let most = 64

    private struct State {
        var followings: [String: LogFollowing] = [:]
        /// Where the latest snapshot of each database in use began.
        var latest: [String: LogPlace] = [:]
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

    func isFollowed(_ path: String) -> Bool { state.withLock { $0.followings[path]?.isOver == false } }

    /// Follows a database from where its latest snapshot began, if that is still possible.
    func begin(_ path: String, _ source: DatabaseSource) {
        let place = state.withLock { state -> LogPlace? in
            state.followings = state.followings.filter { !$0.value.isOver }
            return state.followings.count < Self.most && state.followings[path] == nil ? state.latest[path] : nil
        }
        guard let place, let following = try? LogFollowing(source, from: place) else { return }
        state.withLock { $0.followings[path] = following }
        Threads.start("log-\(path.suffix(10))") {
            while let wait = following.look() { Threads.pause(wait) }
        }
    }
}
