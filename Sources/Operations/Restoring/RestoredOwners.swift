import Glibc
import Model
import Petitions
import Platform
import Storage

/// Gives restored files back to whom they belonged at backup time, where this process may not do that itself.
struct RestoredOwners: Sendable {
    /// Whom to ask; nil leaves files as they are, and says nothing.
    let port: RootPort?

    /// - Parameters:
    ///   - wanted: what those at fault are to be like; others are left alone.
    ///   - path: what was restored.
    /// - Returns: what to know when some stay ours, and what helps; nil when all belong to whom they did.
    func settle(_ wanted: @autoclosure () throws -> [Ownership], of path: String) -> String? {
        guard let port else { return nil }
        var others: [Ownership] = []
        do {
            others = try wanted().filter(Self.differs)
            guard !others.isEmpty else { return nil }
            guard port.isThere else {
                throw Fault(.helperFailed, "there is no root helper that could change that")
            }
            try port.own(others)
            return nil
        } catch {
            let reason = Fault.wrapping(error).message
            guard let last = others.last else { return "cannot tell whom what is in \(path) belongs to: \(reason)" }
            let owner = "\(Self.user(last.uid)):\(Self.group(last.gid))"
            return "\(path) belongs to \(Self.user(geteuid())), not to \(owner) as at backup time: "
                + "\(reason); `chown -R \(owner) \(path.shellWord)` gives it back"
        }
    }

    private static func differs(_ wanted: Ownership) -> Bool {
        guard let status = try? Files.status(wanted.path, followLinks: false) else { return true }
        return status.uid != wanted.uid || status.gid != wanted.gid
    }

    private static func user(_ uid: UInt32) -> String { named(Users.name(uid: uid), uid) }
    private static func group(_ gid: UInt32) -> String { named(Users.groupName(gid: gid), gid) }
    private static func named(_ name: String, _ number: UInt32) -> String { name.isEmpty ? "\(number)" : name }

    /// Of a restored file. Without set-uid and set-gid, which the helper refuses: no database needs them.
    static func wanted(_ path: String, like file: ImageFile) -> Ownership {
        Ownership(path: path, uid: file.uid, gid: file.gid, mode: file.mode & 0o777)
    }

    /// Of a restored folder and all that is in it, what is inside first. Files that the backup doesn't have, such as those
    /// that a recovery needs, belong to whom the folder does.
    static func wanted(in folder: String, like image: Image) throws -> [Ownership] {
        let root = image.record.draft.sourcePath
        let files = Dictionary(
            image.files.map { file in
                (NativePath(file.path.rest(after: "\(root)/") ?? ""), file)
            }
        ) { first, _ in first }
        guard let top = files[NativePath("")] else { return [] }
        var wanted: [Ownership] = []
        func visit(_ place: String) throws {
            let path = place.isEmpty ? folder : "\(folder)/\(place)"
            guard let status = try Files.status(path, followLinks: false) else { return }
            let isFolder = status.kind == .directory
            guard isFolder || status.kind == .file else { return }
            if isFolder {
                for name in try Files.list(path).sorted() { try visit(place.isEmpty ? name : "\(place)/\(name)") }
            }
            let owner = files[NativePath(place)] ?? top
            let mode = files[NativePath(place)]?.mode ?? status.mode
            wanted.append(
                Ownership(path: path, uid: owner.uid, gid: owner.gid, mode: mode & (isFolder ? 0o1777 : 0o777)))
        }
        try visit("")
        return wanted
    }
}
