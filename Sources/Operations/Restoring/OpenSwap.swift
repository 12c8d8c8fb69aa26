import Model
import Petitions
import Platform

/// A swap under way, its folders held open: whoever may write in them leads nothing to other places by links.
struct OpenSwap {
    let swap: FileSwap
    private let folder: RestoreFolder
    /// Of the replaced files; nil when there is none.
    private let aside: RestoreFolder?

    init(_ swap: FileSwap, in folder: RestoreFolder, aside: RestoreFolder) {
        (self.swap, self.folder, self.aside) = (swap, folder, aside)
    }

    /// One that a killed process left.
    /// - Throws: `target-not-allowed`, `not-found`: the replaced files' folder is not the one that was made.
    init(leftover swap: FileSwap) throws {
        self.swap = swap
        let folder = try RestoreFolder.open(swap.folder)
        self.folder = folder
        let path = folder.anchored(swap.aside)
        aside = try folder.naming { Files.exists(path) ? try RestoreFolder.ours(path) : nil }
    }

    var isPublished: Bool { Files.exists(temporary) }
    var keepsNothing: Bool { get throws { try aside?.isEmpty ?? true } }
    var hasAside: Bool { aside != nil && Files.exists(folder.anchored(swap.aside)) }

    private var temporary: String { folder.anchored(swap.temporary) }
    private var target: String { folder.anchored(swap.target) }
    private func kept(_ path: String) -> String? { aside?.anchored(path) }

    private func keptImprint(_ path: String) throws -> FileImprint? { try kept(path).flatMap { try FileImprint($0) } }

    /// Whether the restored file took the database's place, whatever has become of it since.
    var isDone: Bool {
        guard !isPublished else { return false }
        let (current, old) = (try? FileImprint(target), swap.old[swap.target])
        if let current, current.isSameFile(as: old) { return false }
        return (swap.new.map { $0.isSameFile(as: current) } ?? false)
            || (current != nil && old.map { $0.isSameFile(as: try? keptImprint(swap.target)) } ?? false)
    }

    /// Whether the old files are where the swap put or left them, with the content of then.
    var isUnchanged: Bool {
        guard let moved = try? FileImprint(target) ?? keptImprint(swap.target) else {
            return swap.old[swap.target] == nil
        }
        return moved == swap.old[swap.target]
            && swap.sidecars.allSatisfy { sidecar in
                let (here, there) = (try? FileImprint(folder.anchored(sidecar)), try? keptImprint(sidecar))
                return (here == nil || there == nil) && (here ?? there) == swap.old[sidecar]
            }
    }

    func finish(_ adopt: (Ownership, String) -> Void) throws {
        try naming {
            if isPublished {
                if let owner = swap.owner { adopt(owner, swap.target) }
                guard let aside else { throw Fault(.notFound, "there is no \(swap.aside) for the replaced files") }
                try keepTarget(in: aside)
                for sidecar in swap.sidecars where Files.exists(folder.anchored(sidecar)) {
                    try Files.rename(folder.anchored(sidecar), to: aside.anchored(sidecar), replacing: false)
                }
                try Files.rename(temporary, to: target, replacing: true)
            }
            try aside?.sync()
            try folder.sync()
        }
    }

    /// Gives the old file a second name, so that the target is never missing; a file system without links moves it.
    private func keepTarget(in aside: RestoreFolder) throws {
        let kept = aside.anchored(swap.target)
        guard let current = try Files.status(target, followLinks: false) else { return }
        if let status = try Files.status(kept, followLinks: false), status.isSameFile(as: current) { return }
        do {
            try Files.link(target, to: kept)
        } catch let fault as Fault where fault.code != .outOfSpace && fault.code != .targetExists {
            try Files.rename(target, to: kept, replacing: false)
        }
    }

    /// Takes back what is not done; durable on return.
    ///
    /// The temporary file goes first: without it no later start finishes the swap.
    /// - Parameter movesSidecars: false leaves them aside, because the database went on without them.
    func undo(movesSidecars: Bool) throws {
        try naming {
            if isPublished { try Files.remove(temporary) }
            try folder.sync()
            guard let aside else { return }
            try moveBack(from: aside, sidecars: movesSidecars)
            try folder.sync()
            let kept = aside.anchored(swap.target)
            if let old = try FileImprint(kept), old.isSameFile(as: try FileImprint(target)) { try Files.remove(kept) }
            if try aside.isEmpty {
                try Files.removeDirectory(folder.anchored(swap.aside))
            } else {
                try aside.sync()
            }
            try folder.sync()
        }
    }

    private func moveBack(from aside: RestoreFolder, sidecars movesSidecars: Bool) throws {
        let kept = aside.anchored(swap.target)
        if !Files.exists(target), Files.exists(kept) { try Files.rename(kept, to: target, replacing: false) }
        for sidecar in swap.sidecars where movesSidecars {
            let (from, to) = (aside.anchored(sidecar), folder.anchored(sidecar))
            if Files.exists(from), !Files.exists(to) { try Files.rename(from, to: to, replacing: false) }
        }
    }

    /// Undoes what a fault broke off, and tells of it what has become of the files.
    func takeBack(after fault: Fault, intent: String) -> Fault {
        var fault = fault
        if isDone {
            fault.hint = "\(swap.target) is the restored database already; the replaced files are in \(swap.aside)"
            return fault
        }
        do {
            try undo(movesSidecars: true)
            try FileSwap.forget(intent)
        } catch {
            fault.hint =
                "the restore is undone at the next start; until then files of \(swap.target) may be in \(swap.aside)"
            return fault
        }
        fault.hint = fault.hint ?? "\(swap.target) is as it was before; mend the cause and restore again"
        return fault
    }

    private func naming<Value>(_ body: () throws -> Value) throws -> Value {
        try folder.naming { try aside.map { try $0.naming(body) } ?? body() }
    }
}
