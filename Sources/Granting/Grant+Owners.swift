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
        // A request that is refused has changed nothing.
        for entry in entries { _ = try find(entry, places) }
        for (count, entry) in entries.enumerated() {
            do { try own(entry, places) } catch { throw Self.fault(after: count, of: entries.count, error) }
        }
        return .done
    }

    private func own(_ entry: Ownership, _ places: Places) throws {
        let found = try find(entry, places)
        // Only now is it opened: opening a device does something to it.
        let file = try found.reopened()
        try check(try file.status(), SafeText.oneLine(entry.path))
        try file.setOwner(uid: entry.uid, gid: entry.gid)
        try file.setMode(entry.mode)
    }

    /// Not told as refused once something was done.
    private static func fault(after count: Int, of all: Int, _ error: any Error) -> Fault {
        let fault = Fault.wrapping(error)
        guard count > 0 else { return fault }
        var partly = Fault(
            .helperFailed, "\(count) of \(all) were given away, then: \(fault.message)", hint: fault.hint)
        partly.cause = fault.cause
        return partly
    }

    private func find(_ entry: Ownership, _ places: Places) throws -> File {
        let path = SafeText.oneLine(entry.path)
        guard entry.mode & ~0o1777 == 0 else {
            throw Fault(.rightRefused, "\(path) would get set-uid or set-gid", hint: "set such a bit by hand")
        }
        // To chown(2) the greatest number means no change.
        guard entry.uid != .max, entry.gid != .max else { throw Fault(.rightRefused, "\(path) would get no owner") }
        let found = try places.locate(entry.path)
        try check(try found.status(), path)
        return found
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
