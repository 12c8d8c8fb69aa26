import Engines
import Glibc
import Model
import Platform

/// The folder of a restore target, held open so that a link put in its place leads nothing astray.
package struct RestoreFolder {
    private let folder: File

    init(_ folder: File) { self.folder = folder }

    /// - Throws: `not-found` for a link, too; `not-permitted`, `input-output`.
    static func open(_ path: String) throws -> RestoreFolder { RestoreFolder(try File.folder(path)) }

    /// A new folder that nobody else may enter. Who may write in the one above can have put another in its place.
    /// - Throws: `target-exists`; `target-not-allowed` for one that isn't ours.
    static func make(_ path: String) throws -> RestoreFolder {
        try Files.makeDirectory(path, mode: 0o700)
        do {
            let made = try ours(path)
            guard try made.isEmpty else { throw made.strange() }
            return made
        } catch {
            try? Files.removeDirectory(path)
            throw error
        }
    }

    /// One that this user made before.
    /// - Throws: `target-not-allowed` for one of somebody else; `not-found` for a link, too.
    static func ours(_ path: String) throws -> RestoreFolder {
        let found = try open(path)
        let owner = try found.folder.status().uid
        // Some file systems say whose what we make is, as one over the network that takes root for nobody.
        guard try owner == geteuid() || owner == File.scratch(in: Files.parent(of: path)).status().uid else {
            throw found.strange()
        }
        return found
    }

    /// The same name, reached by the open folder. Source: proc(5), `/proc/pid/fd`.
    package func anchored(_ path: String) -> String { "\(anchor)/\(Files.name(of: path))" }

    /// The folder itself, reached without its name.
    var anchor: String { "/proc/self/fd/\(folder.descriptor)" }

    var isEmpty: Bool { get throws { try Files.list(anchor).isEmpty } }

    func status() throws -> FileStatus { try folder.status() }
    func setMode(_ mode: UInt32) throws { try folder.setMode(mode) }
    func setOwner(uid: UInt32, gid: UInt32) throws { try folder.setOwner(uid: uid, gid: gid) }
    func sync() throws { try folder.sync() }
    func markCopy(as path: String) { RestoredCopy.mark(folder, as: path) }

    /// Runs `body`, whose faults name the folder by its path.
    func naming<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch var fault as Fault {
            fault.message = fault.message.replacing("\(anchor)/", with: folder.path == "/" ? "/" : "\(folder.path)/")
            throw fault
        }
    }

    private func strange() -> Fault {
        Fault(
            .targetNotAllowed, "\(folder.path) is not the folder that the restore made",
            hint: "let nobody move or replace it meanwhile, and look what is in it")
    }
}
