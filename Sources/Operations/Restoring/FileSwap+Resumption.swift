import Foundation
import Glibc
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
    /// - Parameters:
    ///   - target: the database that it has to be of; nil takes what the intent says.
    ///   - adopt: gives a restored file its owner.
    /// - Throws: `not-permitted` for an intent that another user may have written; what undoing throws. The intent stays.
    package static func resume(
        intent: String, of target: String? = nil, adopt: (Ownership, String) -> Void = { _, _ in }
    ) throws -> Resumption {
        let swap = try read(intent)
        guard swap.staysInItsFolder, target.map({ $0 == swap.target }) ?? true else {
            throw refused(intent, "is of other files")
        }
        let resumption = try OpenSwap(leftover: swap).resume(adopt)
        try forget(intent)
        return resumption
    }

    /// Of a restore without a daemon the intent lies beside the database, where others may put one of their own.
    private static func read(_ intent: String) throws -> FileSwap {
        let file = try File.open(intent, .readOnly, noFollow: true)
        let status = try file.status()
        guard status.kind == .file, status.uid == geteuid(), status.mode & 0o022 == 0, status.size <= 1 << 20 else {
            throw refused(intent, "was written by another user")
        }
        do {
            return try JSONDecoder().decode(FileSwap.self, from: Data(try file.read(count: Int(status.size), at: 0)))
        } catch is DecodingError {
            throw Fault(
                .inputOutput, "cannot read \(intent), the intent of an unfinished restore",
                hint: "compare the database with the files kept beside it, then remove the intent")
        }
    }

    private static func refused(_ intent: String, _ why: String) -> Fault {
        Fault(
            .notPermitted, "\(intent), the intent of an unfinished restore, \(why)",
            hint: "restore as the user who began, or look at the files kept beside the database, then remove the intent"
        )
    }

    private var staysInItsFolder: Bool {
        ([temporary, aside] + sidecars).allSatisfy {
            Files.parent(of: $0) == folder && !["", ".", ".."].contains(Files.name(of: $0))
        }
    }
}

extension OpenSwap {
    fileprivate func resume(_ adopt: (Ownership, String) -> Void) throws -> FileSwap.Resumption {
        guard isPublished else {
            if isDone {
                try finish(adopt)
                return .finished(swap)
            }
            let hasBegun = try !keepsNothing
            try undo(movesSidecars: isUnchanged)
            return hasBegun ? .undone(swap, undoing("was broken off")) : .nothing
        }
        guard isUnchanged else {
            try undo(movesSidecars: false)
            return .undone(swap, undoing("was broken off, and the database has changed since"))
        }
        do {
            try finish(adopt)
            return .finished(swap)
        } catch {
            if isDone { throw error }
            try undo(movesSidecars: true)
            return .undone(swap, undoing("was broken off and could not be finished", because: error))
        }
    }

    private func undoing(_ why: String, because cause: (any Error)? = nil) -> Fault {
        let kept = hasAside ? "files that belonged to it then are in \(swap.aside); check it, and " : ""
        return Fault(
            .restoreUndone, "undid the restore in place of \(swap.target), which \(why)", hint: "\(kept)restore again",
            cause: cause)
    }
}
