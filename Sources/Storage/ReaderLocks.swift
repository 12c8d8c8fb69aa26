import Model
import Platform
import Synchronization

/// Shared locks on bytes of a local repository's lock file, one byte a unit, which tell the process that prunes of readers
/// in others.
///
/// Where the file can't be opened nobody has ever written with this program, or may; reading goes on without.
final class ReaderLocks: Sendable {
    private let path: String
    private let file = Mutex<File?>(nil)

    init(_ location: String) { path = "\(location)/\(RepositoryLock.name)" }

    /// A prune never holds its lock, so this is granted at once.
    func lock(_ unit: UnitID) {
        file.withLock { file in
            file = file ?? (try? File.open(path, .readOnly, noFollow: true))
            if let file { _ = try? FileLock.tryShared(file, Self.range(of: unit)) }
        }
    }

    func unlock(_ unit: UnitID) {
        file.withLock { file in
            if let file { try? FileLock.unlock(file, Self.range(of: unit)) }
        }
    }

    /// Whether another open repository reads the unit, in this process or another.
    func isLockedElsewhere(_ unit: UnitID) throws -> Bool {
        try file.withLock { file in
            file = try file ?? File.open(path, .readOnly, noFollow: true)
            return try file.map { try FileLock.conflict($0, Self.range(of: unit), exclusive: true) != nil } ?? false
        }
    }

    /// Byte 0 is the writer's. Two units with one byte only keep each other's leftovers a little longer.
    private static func range(of unit: UnitID) -> FileLock.Range {
        let number = unit.bytes.prefix(7).reduce(0) { $0 << 8 | Int64($1) }
        return FileLock.Range(start: 1 + number, count: 1)
    }
}
