package import Model
package import Platform

/// What an engine does with the databases of a server that is backed up as one, its members: it gets single ones out of
/// restored copies and puts them into the running server.
///
/// A member is named by what follows the server's name in its `DatabaseName`. All calls block.
package protocol MemberEngine: Sendable {
    /// The file of an image, below its folder, that tells which members it holds.
    var listFile: String { get }

    /// The members that an image holds, as its list tells; nil for a list by an older version, which doesn't.
    /// - Throws: `not-found` for programs that it takes to get them out.
    func members(in list: [UInt8]) throws -> [String]?

    /// Writes a member of a restored copy to a file in the engine's own format, and spends the copy.
    ///
    /// - Parameters:
    ///   - name: what the database is called in the file, when it is to be loaded; nil for its own name.
    ///   - file: new and open for writing; not synced.
    ///   - step: called several times a second; what it throws ends the work and is thrown on.
    /// - Throws: `not-found` with the members that there are; `database-damaged` for a copy that no server starts on;
    ///   `out-of-space`, `input-output`.
    func extract(
        _ member: String, as name: String?, from copy: String, to file: File,
        step: @escaping @Sendable () throws -> Void
    ) throws -> ExtractedMember

    /// Makes sure that a member can be put into the running server; changes nothing.
    ///
    /// - Parameter endsClients: whether clients of the present one are to be ended when its turn comes.
    /// - Throws: `database-in-use` naming the clients, `not-permitted` with what would help, why the server can't be asked.
    func requirePlace(for member: String, endsClients: Bool) throws

    /// Loads a member into the running server under the name that it was extracted with.
    /// - Throws: `not-found` for what it needs and the server lacks, such as roles; `out-of-space`, `input-output`. What
    ///   was loaded stays for the caller to drop.
    func load(_ member: ExtractedMember, from file: String, step: @escaping @Sendable () throws -> Void) throws

    /// Gives a loaded member its own name, at once or not at all; durable on return.
    ///
    /// - Returns: what the database of that name is called now, if there was one.
    /// - Throws: `database-in-use` naming the clients.
    func place(_ member: ExtractedMember, endsClients: Bool, at instant: Instant) throws -> String?

    /// Drops what a load has left under its temporary name, whoever uses it.
    /// - Returns: false when there is none.
    @discardableResult
    func drop(loaded name: String) throws -> Bool

    /// Databases that were replaced by restores of a member, and kept.
    func replaced(by member: String) throws -> [String]

    /// Drops a replaced database.
    /// - Throws: `database-in-use`.
    func drop(replaced name: String) throws
}

/// A member written to a file.
package struct ExtractedMember: Sendable {
    /// In the copy.
    package var size: ByteCount
    /// What loading and placing it need; opaque.
    package var record: String

    package init(size: ByteCount, record: String) {
        self.size = size
        self.record = record
    }

    /// What is said of a member that isn't there.
    package static func missing(_ member: String, in backup: String, among others: [String]) -> Fault {
        let some = others.prefix(20).joined(separator: ", ") + (others.count > 20 ? " …" : "")
        return Fault(
            .notFound, "\(backup) holds no database \(member)",
            hint: "it holds \(others.isEmpty ? "none" : some); choose another backup with --backup or --at")
    }
}
