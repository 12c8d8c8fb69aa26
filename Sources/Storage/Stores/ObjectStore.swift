package import Archiving
package import Model

/// A place for write-once objects, named like paths: `db/3fa9…/points/0000000000000001`.
///
/// All calls block and may come from several threads at once. A name that is taken never gets other content. Faults:
/// `input-output`, `out-of-space`, `repository-read-only`, `not-permitted`, and those named below.
package protocol ObjectStore: AnyObject, Sendable {
    /// How people find it: a path.
    var location: String { get }

    /// A new object of a folder, without a name until it is committed.
    func create(in folder: String) throws -> any ObjectWriter

    /// Names given and taken in the folder are durable on return.
    func syncNames(of folder: String) throws

    /// - Throws: `not-found`.
    func open(_ name: String) throws -> any EnvelopeSource

    /// Names, without their folder, of what lies directly in the folder, objects and folders, in ascending order;
    /// uncommitted objects don't appear. Empty when there is no such folder.
    func list(_ folder: String) throws -> [String]

    /// Bytes; nil when there is no such object.
    func size(_ name: String) throws -> UInt64?

    /// Nothing of that name is no fault. Durable after `syncNames(of:)`.
    func delete(_ name: String) throws

    /// Removes a folder in which nothing is; durable on return. Others, and stores without folders, stay as they are.
    func removeFolder(_ folder: String) throws

    /// Drops what writers that no longer exist left uncommitted.
    /// - Precondition: nobody else writes to the store.
    func dropUncommitted(in folder: String) throws

    func space() throws -> (free: ByteCount, total: ByteCount)
}

/// An object that is being written.
package protocol ObjectWriter: EnvelopeSink {
    /// Makes the content durable, then gives it its name unless that is taken.
    ///
    /// - Parameters:
    ///   - name: in the folder where the object was created.
    ///   - syncNames: whether the name is durable on return, too.
    /// - Throws: `target-exists`; whatever is thrown, the object is to be abandoned and written anew.
    func commit(as name: String, syncNames: Bool) throws

    /// Drops the object unless it has its name; may be called again.
    func abandon()
}

extension ObjectStore {
    /// Stores a small object; content and name are durable on return.
    /// - Throws: `target-exists`.
    package func put(_ name: String, _ bytes: [UInt8]) throws {
        let writer = try create(in: StoreName.folder(of: name))
        do {
            _ = try bytes.withUnsafeBytes { try writer.append($0) }
            try writer.commit(as: name, syncNames: true)
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// The whole content of a small object.
    /// - Throws: `not-found`; `input-output` when it is longer than `limit` bytes.
    package func read(_ name: String, limit: Int) throws -> [UInt8] {
        let object = try open(name)
        let length = try object.length()
        guard length <= UInt64(limit) else { throw Fault(.inputOutput, "\(name) is longer than \(ByteCount(limit))") }
        return try [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            count = try object.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
    }
}

/// Parts of names in a store.
package enum StoreName {
    /// `a/b` of `a/b/c`; empty for a name without folder.
    package static func folder(of name: String) -> String {
        name.lastIndex(of: "/").map { String(name[..<$0]) } ?? ""
    }

    package static func leaf(of name: String) -> String {
        name.lastIndex(of: "/").map { String(name[name.index(after: $0)...]) } ?? name
    }
}
