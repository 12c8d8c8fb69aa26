import Engines
import Model
import Platform
import Storage

/// Puts a backup's file or folder beside what there is, or its file in the place of the database.
struct RestoreBackup {
    let image: Image
    let engine: EngineDefaults
    /// Of folders: whether files go back to whom they belonged.
    var keepsOwners = true
    let step: @Sendable (Int) throws -> Void
    /// The log that the restored server follows.
    var recovery: Recovery?
    var owners = RestoredOwners(port: nil)
    /// Of a restore beside: whether the database was elsewhere when it was backed up, and this is a copy of it.
    var isCopy = false

    /// To a new file or folder; durable on return. Nothing of that name is ever replaced.
    /// - Returns: what to know about its owner.
    @discardableResult
    func beside(_ target: RestoreTarget) throws -> String? {
        if engine.restoresFolder {
            try folderBeside(target)
            return keepsOwners
                ? owners.settle(try RestoredOwners.wanted(in: target.path, like: image), of: target.path) : nil
        }
        let writer = try ImageFileWriter(image, step: step)
        try fileBeside(target, writer)
        return owners.settle([RestoredOwners.wanted(target.path, like: writer.file)], of: target.path)
    }

    private func fileBeside(_ target: RestoreTarget, _ writer: ImageFileWriter) throws {
        let folder = try target.openFolder()
        try folder.naming {
            let restored = try writer.write(
                orAs: folder.anchored(Self.temporary(for: target.path)), copy: isCopy ? target.path : nil)
            do {
                try target.recheck()
                try restored.publish(as: folder.anchored(target.path))
            } catch {
                restored.abandon()
                throw error
            }
            try folder.sync()
        }
    }

    private func folderBeside(_ target: RestoreTarget) throws {
        let parent = try target.openFolder()
        try parent.naming {
            let temporary = parent.anchored(Self.temporary(for: target.path))
            do {
                let writer = try ImageFolderWriter(
                    image, root: image.record.draft.sourcePath, keepsOwners: keepsOwners, step: step)
                let made = try writer.write(to: temporary)
                if isCopy { made.markCopy(as: target.path) }
                try made.naming {
                    try engine.completeRestore(in: made.anchor, becoming: target.path)
                    try recovery?.write(in: made.anchor, of: engine)
                    try writer.open(made)
                }
                try target.recheck()
                try Files.rename(temporary, to: parent.anchored(target.path), replacing: false)
            } catch {
                try? Files.removeTree(temporary)
                throw error
            }
            try parent.sync()
        }
    }

    /// In the place of what is there, which is kept aside; durable on return.
    ///
    /// - Parameters:
    ///   - intent: where the swap is written down while it is under way.
    ///   - check: called when the restored file is complete and nothing has been touched yet; throws to leave it so.
    /// - Returns: the folder that has the replaced files, and what to know about the owner of the restored one.
    func inPlace(_ target: RestoreTarget, intent: String, at instant: Instant, check: () throws -> Void) throws
        -> (aside: String, note: String?)
    {
        let temporary = Self.temporary(for: target.path)
        let folder = try target.openFolder()
        let writer = try ImageFileWriter(image, step: step)
        let restored = try folder.naming { try writer.write(orAs: folder.anchored(temporary)) }
        do {
            try check()
            try target.recheck()
            let aside = Self.freeAside(for: target.path, at: instant)
            var swap = FileSwap(
                target: target.path, temporary: temporary, aside: aside, sidecars: engine.sidecars(of: target.path))
            swap.owner = RestoredOwners.wanted(temporary, like: writer.file)
            var note: String?
            try swap.perform(
                intent: intent, in: folder, restored: try restored.file.status(),
                publish: {
                    try target.recheck()
                    try folder.naming { try restored.publish(as: folder.anchored(temporary)) }
                }, adopt: { note = owners.settle([$0], of: $1) })
            return (aside, note)
        } catch {
            restored.abandon()
            throw error
        }
    }

    /// Folders that earlier restores in place left beside a database.
    static func kept(beside path: String) throws -> [String] {
        let (folder, prefix) = (Files.parent(of: path), RestoreNames.asidePrefix(for: Files.name(of: path)))
        return try Files.list(folder).filter { $0.begins(with: prefix) }.sorted().map { "\(folder)/\($0)" }
    }

    static func temporary(for path: String) -> String {
        "\(Files.parent(of: path))/\(RestoreNames.temporary(for: Files.name(of: path)))"
    }

    private static func freeAside(for path: String, at instant: Instant) -> String {
        let name = RestoreNames.aside(for: path, at: instant)
        guard Files.exists(name) else { return name }
        return (2...).lazy.map { "\(name)-\($0)" }.first { !Files.exists($0) } ?? name
    }
}
