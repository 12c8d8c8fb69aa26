import Model
import Platform

/// Keeps a second writer out of a local repository; vanishes with the process, nothing has to be removed by hand.
final class RepositoryLock: Sendable {
    static let name = "lock"
    private static let range = FileLock.Range(start: 0, count: 1)

    private let file: File

    /// - Throws: `repository-in-use`, `repository-read-only`.
    init(_ location: String) throws {
        let path = "\(location)/\(Self.name)"
        do {
            file = try Self.open(path)
        } catch let fault as Fault where fault.code == .notPermitted {
            throw Fault(
                .repositoryReadOnly, "repository \(location) may not be written to by this user", hint: fault.hint,
                cause: fault)
        }
        guard try FileLock.tryExclusive(file, Self.range) else {
            throw Fault(
                .repositoryInUse, "repository \(location) is in use by another process",
                hint: "stop the other holdfastd, or give each its own repository")
        }
    }

    /// Closing alone would leave it locked for as long as a child of this process, on its way to another program, holds what
    /// was open when it was made.
    deinit { try? FileLock.unlock(file, Self.range) }

    private static func open(_ path: String) throws -> File {
        do {
            return try File.open(path, .readWrite, noFollow: true)
        } catch let fault as Fault where fault.code == .notFound {
            do {
                return try File.create(path, mode: 0o600)
            } catch let fault as Fault where fault.code == .targetExists {
                return try File.open(path, .readWrite, noFollow: true)
            }
        }
    }
}
