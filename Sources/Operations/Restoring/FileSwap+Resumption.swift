import Foundation
package import Model
package import Petitions
import Platform

extension FileSwap {
    /// What became of a swap that a killed process left under way.
    package enum Resumption: Sendable, Equatable {
        /// The restored file is in the database's place.
        case finished(FileSwap)
        /// The old database stays; the fault says why.
        case undone(FileSwap, Fault)
        /// It had not begun.
        case nothing
    }

    /// Finishes what a killed process left under way, or undoes it when the database is not what it was then.
    /// - Parameter adopt: gives a restored file its owner.
    /// - Throws: what undoing throws; then the intent stays.
    package static func resume(intent: String, adopt: (Ownership, String) -> Void = { _, _ in }) throws -> Resumption {
        let swap = try read(intent)
        let resumption = try swap.resume(adopt)
        try forget(intent)
        return resumption
    }

    private static func read(_ intent: String) throws -> FileSwap {
        do {
            return try JSONDecoder().decode(FileSwap.self, from: Data(try Files.read(intent)))
        } catch is DecodingError {
            throw Fault(
                .inputOutput, "cannot read \(intent), the intent of an unfinished restore",
                hint: "compare the database with the files kept beside it, then remove the intent")
        }
    }

    private func resume(_ adopt: (Ownership, String) -> Void) throws -> Resumption {
        guard Files.exists(temporary) else {
            if isDone {
                try finish(adopt)
                return .finished(self)
            }
            let hasBegun = Files.exists(aside) ? try !Files.list(aside).isEmpty : false
            try undo(movesSidecars: isUnchanged)
            return hasBegun ? .undone(self, undoing("was broken off")) : .nothing
        }
        guard isUnchanged else {
            try undo(movesSidecars: false)
            return .undone(self, undoing("was broken off, and the database has changed since"))
        }
        do {
            try finish(adopt)
            return .finished(self)
        } catch {
            if isDone { throw error }
            try undo(movesSidecars: true)
            return .undone(self, undoing("was broken off and could not be finished", because: error))
        }
    }

    /// Whether the restored file took the database's place, whatever has become of it since.
    var isDone: Bool {
        guard !Files.exists(temporary) else { return false }
        let current = try? FileImprint(target)
        if let current, current.isSameFile(as: old[target]) { return false }
        return (new.map { $0.isSameFile(as: current) } ?? false)
            || (current != nil && old[target].map { $0.isSameFile(as: try? FileImprint(keptTarget)) } ?? false)
    }

    /// Whether the old files are where the swap put or left them, with the content of then.
    private var isUnchanged: Bool {
        guard let moved = try? FileImprint(target) ?? FileImprint(keptTarget) else { return old[target] == nil }
        return moved == old[target]
            && sidecars.allSatisfy { sidecar in
                let (here, kept) = (try? FileImprint(sidecar), try? FileImprint(self.kept(sidecar)))
                return (here == nil || kept == nil) && (here ?? kept) == old[sidecar]
            }
    }

    /// Takes back what is not done; durable on return.
    ///
    /// The temporary file goes first: without it no later start finishes the swap.
    /// - Parameter movesSidecars: false leaves them aside, because the database went on without them.
    func undo(movesSidecars: Bool) throws {
        if Files.exists(temporary) { try Files.remove(temporary) }
        try Files.syncDirectory(folder)
        guard Files.exists(aside) else { return }
        if !Files.exists(target), Files.exists(keptTarget) {
            try Files.rename(keptTarget, to: target, replacing: false)
        }
        for sidecar in sidecars where movesSidecars && Files.exists(kept(sidecar)) && !Files.exists(sidecar) {
            try Files.rename(kept(sidecar), to: sidecar, replacing: false)
        }
        try Files.syncDirectory(folder)
        if let kept = try FileImprint(keptTarget), kept.isSameFile(as: try FileImprint(target)) {
            try Files.remove(keptTarget)
        }
        if try Files.list(aside).isEmpty {
            try Files.removeDirectory(aside)
        } else {
            try Files.syncDirectory(aside)
        }
        try Files.syncDirectory(folder)
    }

    private func undoing(_ why: String, because cause: (any Error)? = nil) -> Fault {
        let kept = Files.exists(aside) ? "files that belonged to it then are in \(aside); check it, and " : ""
        return Fault(
            .restoreUndone, "undid the restore in place of \(target), which \(why)", hint: "\(kept)restore again",
            cause: cause)
    }
}
