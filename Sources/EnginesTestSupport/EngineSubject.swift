package import Engines

/// An engine with a server of its own, as the contract meets it: one backup unit with one database, which a test can
/// change, connect to, restore and damage.
package protocol EngineSubject {
    var promises: EnginePromises { get }
    var engine: any Engine { get }
    /// Another instance for the same server, as after a crash of the daemon.
    var restarted: any Engine { get throws }
    /// For the same server when it can't be reached.
    var unreachable: any Engine { get }
    /// What is backed up as one.
    var database: FoundDatabase { get }
    /// The database as its server calls it.
    var member: String { get }

    /// Commits one change.
    func change() throws
    /// All that is committed, so that two states differ.
    func content() throws -> [String]
    /// The same of a restored copy, which is spent; proves that it is one committed state.
    func content(of copy: String) throws -> [String]
    /// Everything that a look, a backup and a closing that is over must leave as it was, as text.
    func surroundings() throws -> [String]
    /// A program that uses the database.
    func connect() throws -> any SubjectClient
    /// Puts a restored copy in the place of the database, as an admin would.
    func replace(by copy: String) throws
    /// Spoils rows of a restored copy.
    func damage(_ copy: String) throws
    /// What a closing may have left that was cut off, one state each.
    func closeByHalf() throws -> [() throws -> Void]
    /// A free path for a copy or a file.
    func scratchPath(_ name: String) -> String
}

/// What one engine does and another can't; what isn't promised is refused by a fault, never passed over.
package struct EnginePromises {
    /// Finds that nothing has changed without reading pages.
    package var knowsUnchanged: Bool
    /// Clients can be told something, disconnected and kept out.
    package var commandsClients: Bool

    package init(knowsUnchanged: Bool, commandsClients: Bool) {
        self.knowsUnchanged = knowsUnchanged
        self.commandsClients = commandsClients
    }
}

/// A program that uses a database; it ends with the last reference.
package protocol SubjectClient: AnyObject {
    /// As the engine names it among the clients.
    var processID: Int32 { get }
    /// Whether the database still answers it.
    func isServed() throws -> Bool
    /// Waits until it was told something that holds `word`.
    func hears(_ word: String) throws -> Bool
    func leave() throws
}
