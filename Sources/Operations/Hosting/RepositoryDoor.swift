package import Archiving
package import Model
import Platform
package import Settings
package import Storage
import Synchronization

/// The repository of the settings, opened for writing when first needed and kept open: its lock shows a second daemon that
/// it is taken.
package final class RepositoryDoor: Sendable {
    private struct State {
        var settings: RepositorySettings
        var repository: Repository?
        /// What was open before, as long as somebody has it: its lock is ours and keeps us out.
        weak var former: Repository?
        /// Of the description of either: another repository at the same path has another.
        var identity: FileStatus?
        var opened: @Sendable (Repository) -> Void = { _ in }
    }

    private let state: Mutex<State>

    package init(_ settings: RepositorySettings) { state = Mutex(State(settings: settings)) }

    /// - Throws: why it can't be opened: `repository-missing`, `no-key-matches`, `repository-in-use` …
    package func open() throws -> Repository {
        try state.withLock { state in
            let identity = Self.identity(state.settings.path)
            if let repository = state.repository ?? state.former, identity != nil, state.identity == identity {
                // Back, as when a disk was away for a while.
                state.repository = repository
                return repository
            }
            if let repository = state.repository { state.former = repository }
            state.repository = nil
            let opened = try Repository.open(
                at: state.settings.path, secret: Self.secret(state.settings), for: .writing)
            state.repository = opened
            state.identity = Self.identity(state.settings.path)
            state.opened(opened)
            return opened
        }
    }

    /// Calls `opened` with the repository whenever it has been opened, before anybody uses it; it must not come back here.
    package func observe(_ opened: @escaping @Sendable (Repository) -> Void) {
        state.withLock { $0.opened = opened }
    }

    /// - Throws: `repository-missing` when `repository` is not what lies at its path any more: what was written to it
    ///   since may be anywhere.
    package func confirm(_ repository: Repository) throws {
        let isThere = state.withLock { state in
            state.repository !== repository || state.identity == Self.identity(repository.location)
        }
        guard isThere else {
            throw Fault(
                .repositoryMissing,
                "repository \(repository.location) was replaced or unmounted while it was written to",
                hint: "mount it again; the backup is made anew by the next run")
        }
    }

    private static func identity(_ path: String) -> FileStatus? {
        guard var status = try? Files.status("\(path)/\(Repository.descriptorName)") else { return nil }
        // Written once: content and times are those of its birth; links and rights may change and change back.
        status.links = 0
        status.changed = 0
        (status.uid, status.gid, status.mode) = (0, 0, 0)
        return status
    }

    /// For what only reads: also from a file system that is read-only.
    /// - Throws: as `open`.
    package func openForReading() throws -> Repository {
        do {
            return try open()
        } catch let fault as Fault where fault.code == .repositoryReadOnly {
            let settings = state.withLock { $0.settings }
            return try Repository.open(at: settings.path, secret: Self.secret(settings), for: .reading)
        }
    }

    /// Why the repository can't be used; nil when it can.
    package func fault() -> Fault? {
        do {
            _ = try open()
            return nil
        } catch { return Fault.wrapping(error) }
    }

    package var compression: Compression { state.withLock { $0.settings.compression } }

    /// Runs that have the old one go on with it. Another key for the same repository is used when it is opened next.
    package func use(_ settings: RepositorySettings) {
        state.withLock { state in
            if !state.settings.path.isSame(as: settings.path) { (state.repository, state.former) = (nil, nil) }
            state.settings = settings
        }
    }

    package func close() { state.withLock { ($0.repository, $0.former) = (nil, nil) } }

    private static func secret(_ settings: RepositorySettings) throws -> KeySecret {
        switch settings.key {
        case .file(let path): .keyFile(try keyBytes(path, of: settings.path))
        case .credential(let name): .keyFile(try Secrets.credential(name).withBytes { KeyBytes(copying: $0) })
        }
    }

    /// The content of a key file.
    /// - Parameter repository: where the repository should be; when both are missing, that is what is said.
    package static func keyBytes(_ path: String, of repository: String? = nil) throws -> KeyBytes {
        do {
            return try Secrets.keyFile(path).withBytes { KeyBytes(copying: $0) }
        } catch let fault as Fault where fault.code == .notFound {
            if let repository { try Repository.requirePresent(at: repository) }
            throw Fault(
                .noKeyMatches, "key file \(path) doesn't exist",
                hint: "bring it back from where it was saved, or use another key of the repository")
        }
    }
}
