import Model
import Petitions
import Platform
import Settings

/// Giving restored files back to whom they belonged.
///
/// All that this lets the daemon do is give away what is its own, where it may restore to: not take anything, not reach
/// another name of a file, and not make a program that runs as somebody else.
extension Grant {
    func own(_ entries: [Ownership]) throws -> Answer {
        let places = Places(settings.restoreRoots + settings.servers.flatMap(\.folders))
        for entry in entries { try own(entry, places) }
        return .done
    }

    private func own(_ entry: Ownership, _ places: Places) throws {
        let path = SafeText.oneLine(entry.path)
        guard entry.mode & ~0o1777 == 0 else {
            throw Fault(.rightRefused, "\(path) would get set-uid or set-gid", hint: "set such a bit by hand")
        }
        // To chown(2) the greatest number means no change.
        guard entry.uid != .max, entry.gid != .max else { throw Fault(.rightRefused, "\(path) would get no owner") }
        let found = try places.locate(entry.path)
        try check(try found.status(), path)
        // Only now is it opened: opening a device does something to it.
        let file = try found.reopened()
        try check(try file.status(), path)
        try file.setOwner(uid: entry.uid, gid: entry.gid)
        try file.setMode(entry.mode)
    }

    private func check(_ status: FileStatus, _ path: String) throws {
        switch status.kind {
        case .directory: break
        case .file:
            guard status.links == 1 else {
                throw Fault(.rightRefused, "\(path) has \(status.links) names", hint: "restore it anew")
            }
        case .symbolicLink, .other: throw Fault(.rightRefused, "\(path) is neither a file nor a folder")
        }
        guard status.uid == user else {
            throw Fault(
                .rightRefused, "\(path) belongs to uid \(status.uid), not to the daemon",
                hint: "only what the daemon has restored is given away")
        }
    }
}
