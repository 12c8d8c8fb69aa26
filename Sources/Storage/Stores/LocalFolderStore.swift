package import Archiving
package import Model
import Platform
import Synchronization

/// A store in a local folder: one file an object, mode 0600, folders 0700.
///
/// Uncommitted objects are files named `.tmp-…` in the folder they will belong to.
package final class LocalFolderStore: ObjectStore {
    package static let temporaryPrefix = ".tmp-"

    package let location: String
    /// Something of it was read: from then on it isn't made anew where it is missing, such as on the disk below a file system
    /// that was unmounted.
    private let wasThere = Atomic<Bool>(false)

    /// - Parameter location: absolute path of the folder; made when the first object is written.
    package init(_ location: String) { self.location = location }

    package func create(in folder: String) throws -> any ObjectWriter {
        let path = path(folder)
        if !Files.exists(path) {
            guard !wasThere.load(ordering: .relaxed) || Files.exists(location) else {
                throw Fault(
                    .repositoryMissing, "repository \(location) was there, and is not any more",
                    hint: "mount its file system again, or bring it back from where it was moved to")
            }
            try Files.makeDirectories(path, mode: 0o700)
        }
        let temporary = "\(path)/\(Self.temporaryPrefix)\(Identifier.random())"
        return LocalObjectWriter(file: try File.create(temporary, mode: 0o600), store: self)
    }

    package func syncNames(of folder: String) throws { try Files.syncDirectory(path(folder)) }

    package func open(_ name: String) throws -> any EnvelopeSource {
        let object = LocalObject(try File.open(path(name), .readOnly, noFollow: true))
        wasThere.store(true, ordering: .relaxed)
        return object
    }

    package func list(_ folder: String) throws -> [String] {
        do {
            return try Files.list(path(folder)).filter { !$0.hasPrefix(Self.temporaryPrefix) }.sorted()
        } catch let fault as Fault where fault.code == .notFound {
            return []
        }
    }

    package func size(_ name: String) throws -> UInt64? {
        guard let status = try Files.status(path(name), followLinks: false), status.kind == .file else { return nil }
        return UInt64(status.size)
    }

    package func delete(_ name: String) throws {
        do { try Files.remove(path(name)) } catch let fault as Fault where fault.code == .notFound { return }
    }

    package func removeFolder(_ folder: String) throws {
        let path = path(folder)
        guard Files.exists(path), try Files.list(path).isEmpty else { return }
        try Files.removeDirectory(path)
        try Files.syncDirectory(Files.parent(of: path))
    }

    package func dropUncommitted(in folder: String) throws {
        guard Files.exists(path(folder)) else { return }
        for name in try Files.list(path(folder)) where name.hasPrefix(Self.temporaryPrefix) {
            try delete(folder.isEmpty ? name : "\(folder)/\(name)")
        }
    }

    package func space() throws -> (free: ByteCount, total: ByteCount) { try Files.space(location) }

    func path(_ name: String) -> String { name.isEmpty ? location : "\(location)/\(name)" }
}

/// A file opened for reading.
private final class LocalObject: EnvelopeSource {
    private let file: File

    init(_ file: File) { self.file = file }

    func length() throws -> UInt64 {
        let status = try file.status()
        guard status.kind == .file else { throw Fault(.inputOutput, "\(file.path) is not a file") }
        return UInt64(status.size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Int {
        // No file is that long, and the system refuses offsets near the end of its range.
        guard offset < UInt64(1) << 62 else { return 0 }
        return try file.read(into: buffer, at: Int64(offset))
    }
}
