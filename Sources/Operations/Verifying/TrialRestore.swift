import Glibc
import Model
import Platform
import Storage

/// A backup restored into a scratch folder for as long as somebody looks at it.
struct TrialRestore {
    let unit: BackupUnit
    let record: PointRecord
    /// The folder is made below this one and removed again, whatever happens.
    let scratch: String
    /// Free bytes of a folder's file system.
    var free: (String) throws -> ByteCount = { try Files.space($0).free }
    /// The log that the restored server is to follow.
    var recovery: Recovery?
    let step: @Sendable (Int) throws -> Void

    /// - Parameter look: called with the path of the restored file.
    /// - Throws: `out-of-space` before anything is written; what restoring throws; what `look` throws.
    func run<Value>(_ look: (String) throws -> Value) throws -> Value {
        try Files.makeDirectories(scratch, mode: 0o700)
        try requireSpace()
        let folder = "\(scratch)/trial-\(Identifier.random())"
        try Files.makeDirectory(folder, mode: 0o700)
        defer { try? Files.removeTree(folder) }
        let copy = "\(folder)/database"
        let restore = RestoreBackup(
            image: try unit.image(of: record.sequence), engine: try EngineDefaults(of: record),
            keepsOwners: false, step: step, recovery: recovery)
        try restore.beside(try RestoreTarget.new(copy, sidecars: { _ in [] }, roots: nil))
        // Root's trial server runs as a user of its own, who has to get to a copy that nobody else may enter.
        if geteuid() == 0, restore.engine.restoresFolder {
            try Files.setMode(copy, 0o700)
            try Files.setMode(folder, 0o711)
        }
        return try look(copy)
    }

    /// The image and a reserve for others: 5 % of it, and 64 MiB at least.
    private func requireSpace() throws {
        let length = record.draft.files.reduce(Int64(0)) { $0 + $1.length }
        let needed = length + max(length / 20, 64 << 20)
        let free = try free(scratch).bytes
        guard free < needed else { return }
        throw Fault(
            .outOfSpace,
            "a trial restore of \(record.id) needs \(ByteCount(needed)), and \(scratch) has \(ByteCount(free)) free",
            hint: "free \(ByteCount(needed - free)) there; the daemon's trials go below the setting state_directory",
            context: ["needed": "\(needed)", "free": "\(free)"])
    }
}
