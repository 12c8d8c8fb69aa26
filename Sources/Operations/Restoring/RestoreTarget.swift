import Model
import Platform
import Storage

/// Where a restore may write: under the configured roots, or anywhere for uid 0.
package struct RestoreTarget: Sendable, Equatable {
    /// Absolute, its folder without links.
    package let path: String
    /// Folders that may be written to; nil allows any.
    private let roots: [String]?
    /// The folder that was checked.
    private let device: UInt64
    private let inode: UInt64

    /// A new file beside what there is.
    /// - Parameters:
    ///   - sidecars: files that must not exist either.
    ///   - roots: folders that restores may write to; nil allows any.
    /// - Throws: `wrong-usage`, `not-found`, `target-exists`, `target-not-allowed`.
    package static func new(_ path: String, sidecars: (String) -> [String], roots: [String]?) throws -> RestoreTarget {
        let target = try resolve(path, roots: roots)
        if let status = try Files.status(target.path, followLinks: false) {
            let what = status.kind == .directory ? "is a folder" : "exists"
            throw Fault(
                .targetExists, "restore target \(target.path) \(what)",
                hint: "name a file that doesn't exist, or restore with --in-place")
        }
        for sidecar in sidecars(target.path) where Files.exists(sidecar) {
            throw Fault(
                .targetExists, "\(sidecar) exists and would be taken for a part of the restored database",
                hint: "move it away, or restore to another name")
        }
        return target
    }

    /// The database's own place.
    /// - Throws: `not-found`, `target-not-allowed`.
    package static func inPlace(_ path: String, roots: [String]?) throws -> RestoreTarget {
        try resolve(path, roots: roots)
    }

    private static func resolve(_ path: String, roots: [String]?) throws -> RestoreTarget {
        let name = Files.name(of: path)
        guard path.begins(with: "/"), !name.isEmpty, name != ".", name != "..", !path.utf8.contains(0) else {
            throw Fault(.wrongUsage, "restore target \(path) is not the absolute path of a file")
        }
        let folder = Files.parent(of: path)
        guard let real = Files.realPath(folder), let status = try Files.status(real), status.kind == .directory else {
            throw Fault(
                .notFound, "folder \(folder) of the restore target doesn't exist", hint: "make the folder first")
        }
        guard roots.map({ isInside(real, $0) }) ?? true else {
            throw Fault(
                .targetNotAllowed, "\(path) lies under none of the restore roots",
                hint: "add its folder to restore_roots in the settings, or ask root to restore it")
        }
        // What a repository holds is its own: anything else there counts as damage.
        var above = real
        while above != "/" {
            guard !Files.exists("\(above)/\(Repository.descriptorName)") || !Files.exists("\(above)/keys") else {
                throw Fault(
                    .targetNotAllowed, "restore target \(path) lies in the repository \(above)",
                    hint: "name a folder outside of it")
            }
            above = Files.parent(of: above)
        }
        return RestoreTarget(
            path: real == "/" ? "/\(name)" : "\(real)/\(name)", roots: roots, device: status.device,
            inode: status.inode)
    }

    /// Makes sure that the path still leads to the folder that was checked.
    /// - Throws: `target-not-allowed`.
    package func recheck() throws {
        let now = try? Self.resolve(path, roots: roots)
        guard now == self else { throw moved() }
    }

    /// The folder that was checked, open: what is made in it lands there, whatever its path leads to meanwhile.
    /// - Throws: `target-not-allowed`.
    package func openFolder() throws -> RestoreFolder {
        try recheck()
        let folder = try File.open(Files.parent(of: path), .readOnly, noFollow: true)
        let status = try folder.status()
        guard status.device == device, status.inode == inode else { throw moved() }
        return RestoreFolder(folder)
    }

    /// Makes sure that this process can write to the folder, by a file that gets no name.
    /// - Throws: `target-not-allowed`, with the `errno` that says why.
    package func requireWritable() throws {
        let folder = Files.parent(of: path)
        guard try !Mounts.isPrivate(folder) else {
            throw Fault(
                .targetNotAllowed,
                "cannot write restore target \(path): the unit has a folder of its own there, that nobody else sees",
                hint: "name another folder", context: ["private": folder])
        }
        do {
            // Not access(2), which doesn't say for sure what a unit's sandbox allows.
            _ = try File.scratch(in: folder)
        } catch let fault as Fault where [.repositoryReadOnly, .notPermitted].contains(fault.code) {
            let isReadOnly = fault.code == .repositoryReadOnly
            throw Fault(
                .targetNotAllowed,
                "cannot write restore target \(path): "
                    + (isReadOnly
                        ? "the file system of its folder is read-only" : "this user may not write to its folder"),
                hint: isReadOnly
                    ? "mount it read-write, or name another folder" : "run it as root, or name another folder",
                context: fault.context)
        }
    }

    private func moved() -> Fault {
        Fault(
            .targetNotAllowed, "folder \(Files.parent(of: path)) of the restore target is not the one that was checked",
            hint: "let nobody move or replace it meanwhile, and restore again")
    }

    private static func isInside(_ folder: String, _ roots: [String]) -> Bool {
        roots.compactMap { Files.realPath($0) }.contains { root in
            root == "/" || folder.isSame(as: root) || folder.begins(with: "\(root)/")
        }
    }
}
