import Foundation
import Model
package import Petitions
package import Platform

/// Puts a restored file in a database's place and keeps the replaced files aside, in an order that a crash at any step
/// leaves undone, to be finished at the next start, or to be undone then.
///
/// Order: restored file synced → folder for the replaced files → intent synced → old file linked aside → sidecars moved
/// aside → restored file renamed over the old one → both folders synced → intent removed. As long as the temporary file
/// exists the swap is not done; once it is gone the sidecars beside the target belong to the new file and are never touched.
package struct FileSwap: Codable, Sendable, Equatable {
    /// The database's path.
    package var target: String
    /// The restored file, in the same folder, complete and synced.
    package var temporary: String
    /// Folder that takes the replaced files.
    package var aside: String
    /// Files that belong to the old database and would corrupt the new one, such as `-wal`.
    package var sidecars: [String]
    /// The target and its sidecars when the swap began, by path; those that did not exist are missing.
    var old: [String: FileImprint] = [:]
    /// The restored file.
    var new: FileImprint?
    /// Whom the restored file, under its temporary name, is to belong to before it is the database; nil leaves it.
    package var owner: Ownership?

    package init(target: String, temporary: String, aside: String, sidecars: [String]) {
        self.target = target
        self.temporary = temporary
        self.aside = aside
        self.sidecars = sidecars
    }

    /// Carries the swap out; durable on return. A fault leaves everything as it was.
    ///
    /// Exception: a fault that says so comes after the restored file took the database's place.
    /// - Parameters:
    ///   - intent: where to write down what is under way, on a file system that survives a crash.
    ///   - restored: what the restored file looks like; nil when it has its temporary name already.
    ///   - publish: gives the restored file its temporary name; called when the intent is durable.
    ///   - adopt: then gives it its owner; told what the file will be called.
    package func perform(
        intent: String, restored: FileStatus? = nil, publish: () throws -> Void = {},
        adopt: (Ownership, String) -> Void = { _, _ in }
    ) throws {
        let swap = try begin(intent: intent, restored: restored)
        do {
            try publish()
            try swap.finish(adopt)
        } catch {
            throw swap.takeBack(after: Fault.wrapping(error), intent: intent)
        }
        // The swap is done; an intent that stays is found done at the next start.
        try? Self.forget(intent)
    }

    /// Makes the folder for the replaced files and writes the intent, which is durable on return.
    /// - Returns: the swap with the looks of the files that it is about.
    package func begin(intent: String, restored: FileStatus? = nil) throws -> FileSwap {
        var swap = self
        for path in [target] + sidecars { swap.old[path] = try FileImprint(path) }
        swap.new = try restored.map(FileImprint.init) ?? FileImprint(temporary)
        try Files.makeDirectory(aside, mode: 0o700)
        openAside()
        do {
            try Files.syncDirectory(folder)
            try Files.writeDurably(Array(try JSONEncoder().encode(swap)), to: intent, mode: 0o600)
        } catch {
            try? Self.forget(intent)
            try? Files.removeDirectory(aside)
            throw error
        }
        return swap
    }

    /// Lets in whom the folder's group lets in, so that the databases' owner finds what was replaced. Who isn't of that group
    /// can't give a folder to it, and leaves it closed.
    private func openAside() {
        guard let around = try? Files.status(folder), around.mode & 0o050 == 0o050,
            (try? Files.setOwner(aside, gid: around.gid)) != nil
        else { return }
        try? Files.setMode(aside, 0o750)
    }

    static func forget(_ intent: String) throws {
        guard Files.exists(intent) else { return }
        try Files.remove(intent)
        try Files.syncDirectory(Files.parent(of: intent))
    }

    var folder: String { Files.parent(of: target) }
    /// Where the old file is kept.
    var keptTarget: String { kept(target) }

    func kept(_ path: String) -> String { "\(aside)/\(Files.name(of: path))" }

    func finish(_ adopt: (Ownership, String) -> Void) throws {
        if Files.exists(temporary) {
            if let owner { adopt(owner, target) }
            try keepTarget()
            for sidecar in sidecars where Files.exists(sidecar) {
                try Files.rename(sidecar, to: kept(sidecar), replacing: false)
            }
            try Files.rename(temporary, to: target, replacing: true)
        }
        if Files.exists(aside) { try Files.syncDirectory(aside) }
        try Files.syncDirectory(folder)
    }

    /// Gives the old file a second name, so that the target is never missing; a file system without links moves it.
    private func keepTarget() throws {
        guard let current = try Files.status(target, followLinks: false) else { return }
        if let status = try Files.status(keptTarget, followLinks: false), status.isSameFile(as: current) { return }
        do {
            try Files.link(target, to: keptTarget)
        } catch let fault as Fault where fault.code != .outOfSpace && fault.code != .targetExists {
            try Files.rename(target, to: keptTarget, replacing: false)
        }
    }

    private func takeBack(after fault: Fault, intent: String) -> Fault {
        var fault = fault
        if isDone {
            fault.hint = "\(target) is the restored database already; the replaced files are in \(aside)"
            return fault
        }
        do {
            try undo(movesSidecars: true)
            try Self.forget(intent)
        } catch {
            fault.hint = "the restore is undone at the next start; until then files of \(target) may be in \(aside)"
            return fault
        }
        fault.hint = fault.hint ?? "\(target) is as it was before; mend the cause and restore again"
        return fault
    }
}
