import Foundation
import Model
import Platform

/// Puts a restored file in a database's place and keeps the replaced files aside, in an order that a crash at any step
/// leaves either undone or to be finished at the next start.
///
/// Order: restored file synced → folder for the replaced files → intent synced → sidecars moved aside → old file linked
/// aside → restored file renamed over it → both folders synced → intent removed. As long as the temporary file exists the
/// swap is not done; once it is gone the sidecars beside the target belong to the new file and are never touched.
package struct FileSwap: Codable, Sendable, Equatable {
    /// The database's path.
    package var target: String
    /// The restored file, in the same folder, complete and synced.
    package var temporary: String
    /// Folder that takes the replaced files.
    package var aside: String
    /// Files that belong to the old database and would corrupt the new one, such as `-wal`.
    package var sidecars: [String]

    package init(target: String, temporary: String, aside: String, sidecars: [String]) {
        self.target = target
        self.temporary = temporary
        self.aside = aside
        self.sidecars = sidecars
    }

    /// Carries the swap out; durable on return.
    /// - Parameters:
    ///   - intent: where to write down what is under way, on a file system that survives a crash.
    ///   - publish: gives the restored file its temporary name; called when the intent is durable.
    package func perform(intent: String, publish: () throws -> Void = {}) throws {
        try Files.makeDirectory(aside, mode: 0o700)
        try Files.syncDirectory(folder)
        try Files.writeDurably(Array(try JSONEncoder().encode(self)), to: intent, mode: 0o600)
        try publish()
        try finish()
        try Self.forget(intent)
    }

    /// Finishes what a killed process left under way.
    /// - Returns: the swap that was finished; nil when the intent was of one that had not begun or was done already.
    package static func resume(intent: String) throws -> FileSwap? {
        let swap: FileSwap
        do {
            swap = try JSONDecoder().decode(FileSwap.self, from: Data(try Files.read(intent)))
        } catch is DecodingError {
            throw Fault(
                .inputOutput, "cannot read \(intent), the intent of an unfinished restore",
                hint: "compare the database with the files kept beside it, then remove the intent")
        }
        let wasPending = Files.exists(swap.temporary)
        try swap.finish()
        if !wasPending { try? Files.removeDirectory(swap.aside) }
        try forget(intent)
        return wasPending ? swap : nil
    }

    private var folder: String { Files.parent(of: target) }

    private func finish() throws {
        if Files.exists(temporary) {
            for sidecar in sidecars where Files.exists(sidecar) {
                try Files.rename(sidecar, to: freeName(for: sidecar), replacing: false)
            }
            try keepTarget()
            try Files.rename(temporary, to: target, replacing: true)
        }
        if Files.exists(aside) { try Files.syncDirectory(aside) }
        try Files.syncDirectory(folder)
    }

    /// Gives the old file a second name, so that the target is never missing; a file system without links moves it.
    private func keepTarget() throws {
        guard let old = try Files.status(target, followLinks: false) else { return }
        let kept = "\(aside)/\(Files.name(of: target))"
        if let status = try Files.status(kept, followLinks: false), status.isSameFile(as: old) { return }
        let name = freeName(for: target)
        do {
            try Files.link(target, to: name)
        } catch let fault as Fault where fault.code != .outOfSpace {
            try Files.rename(target, to: name, replacing: false)
        }
    }

    private func freeName(for path: String) -> String {
        let name = "\(aside)/\(Files.name(of: path))"
        guard Files.exists(name) else { return name }
        return (2...).lazy.map { "\(name).\($0)" }.first { !Files.exists($0) } ?? name
    }

    private static func forget(_ intent: String) throws {
        guard Files.exists(intent) else { return }
        try Files.remove(intent)
        try Files.syncDirectory(Files.parent(of: intent))
    }
}
