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
    ///   - folder: the target's, as it was checked; opened anew when nil.
    ///   - restored: what the restored file looks like; nil when it has its temporary name already.
    ///   - publish: gives the restored file its temporary name; called when the intent is durable.
    ///   - adopt: then gives it its owner; told what the file will be called.
    package func perform(
        intent: String, in folder: RestoreFolder? = nil, restored: FileStatus? = nil, publish: () throws -> Void = {},
        adopt: (Ownership, String) -> Void = { _, _ in }
    ) throws {
        let swap = try begin(intent: intent, in: try folder ?? RestoreFolder.open(self.folder), restored: restored)
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
    package func begin(intent: String) throws { _ = try begin(intent: intent, in: .open(folder), restored: nil) }

    private func begin(intent: String, in folder: RestoreFolder, restored: FileStatus?) throws -> OpenSwap {
        try folder.naming {
            var swap = self
            for path in [target] + sidecars { swap.old[path] = try FileImprint(folder.anchored(path)) }
            swap.new = try restored.map(FileImprint.init) ?? FileImprint(folder.anchored(temporary))
            let kept = try makeAside(in: folder)
            do {
                try folder.sync()
                try Files.writeDurably(Array(try JSONEncoder().encode(swap)), to: intent, mode: 0o600)
            } catch {
                try? Self.forget(intent)
                try? Files.removeDirectory(folder.anchored(aside))
                throw error
            }
            return OpenSwap(swap, in: folder, aside: kept)
        }
    }

    /// Lets in whom the folder's group lets in, so that the databases' owner finds what was replaced. Who isn't of that group
    /// can't give a folder to it, and leaves it closed.
    private func makeAside(in folder: RestoreFolder) throws -> RestoreFolder {
        let kept = try RestoreFolder.make(folder.anchored(aside))
        let (around, own) = (try folder.status(), try kept.status())
        if around.mode & 0o050 == 0o050, (try? kept.setOwner(uid: own.uid, gid: around.gid)) != nil {
            try? kept.setMode(0o750)
        }
        return kept
    }

    static func forget(_ intent: String) throws {
        guard Files.exists(intent) else { return }
        try Files.remove(intent)
        try Files.syncDirectory(Files.parent(of: intent))
    }

    var folder: String { Files.parent(of: target) }
}
