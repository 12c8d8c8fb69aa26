package import Model
import Platform

/// One kind of database server, as the rest of Holdfast sees it.
///
/// All calls block; they may come from several threads at once. Nothing is ever created, changed or left beside a
/// database, and no commit waits on an engine longer than `Patience` says.
package protocol Engine: Sendable {
    /// As the settings call it: `sqlite`.
    var kind: String { get }

    /// Looks for the server's databases.
    ///
    /// - Parameters:
    ///   - known: paths of the databases that are not known to be deleted.
    ///   - memory: of the last finding, or nil.
    func discover(known: [String], memory: String?) -> Discovery

    /// Whether and where the database differs from what a snapshot with `token` saw.
    func changes(of database: FoundDatabase, since token: String?) -> ChangeFinding

    /// Fixes one committed state for reading.
    ///
    /// - Throws: `source-changed` when a commit came in between: try again, and after three tries with
    ///   `Patience.exhausted`; `not-found`, `not-a-database`, `database-unreadable`, `database-truncated`,
    ///   `database-locked` (naming the holders), `out-of-space`.
    func snapshot(of database: FoundDatabase, patience: Patience) throws -> any Snapshot

    /// The clients of these databases, this process and its sessions left out; one look for all of them.
    /// - Throws: why a server can't be asked.
    func clients(of databases: [FoundDatabase]) throws -> ClientListing

    /// Ends sessions and waits until they are gone; a client that has connected anew isn't meant.
    ///
    /// - Returns: those that are left after ten seconds.
    /// - Throws: `wrong-usage` where clients are processes; `not-permitted`, once all others have been ended.
    func disconnect(_ clients: [DatabaseClient]) throws -> [DatabaseClient]

    /// Tells the clients of some of a server's databases; how is the engine's own.
    ///
    /// - Parameters:
    ///   - members: as the server calls them.
    ///   - until: when what it announces happens.
    /// - Throws: `wrong-usage` where clients can't be told anything.
    func message(_ text: String, until: Instant?, to members: [String]) throws

    /// Prepares to keep clients out of one of a server's databases; changes nothing yet.
    ///
    /// - Returns: what the calls below need, opaque; to be kept durably before the first of them, so that a database can
    ///   be opened again whatever happens.
    /// - Throws: `wrong-usage` where clients can't be kept out; `not-found`; `not-permitted` with what would help.
    func planClosing(_ member: String) throws -> String

    /// What the server's role lacks to close any of its databases, and to work on what is closed.
    func upkeepGaps() throws -> UpkeepGaps

    /// Refuses new clients; the sessions there are stay.
    func refuse(_ plan: String) throws

    /// Refuses new clients and ends the sessions there are.
    func close(_ plan: String) throws

    /// Ends the sessions of clients that may not be refused; to be called again and again while it is closed.
    func hold(_ plan: String) throws

    /// Lets clients in again under the limits that held before; done again, it changes nothing.
    func reopen(_ plan: String) throws

    /// Databases that are closed, whoever did that: also by a window in which a restored backup was taken.
    func leftovers() throws -> [ClosedMember]

    /// Runs the engine's own check on a database, or on all of a server, where it is; leaves nothing behind.
    ///
    /// - Parameter step: called several times a second; what it throws ends the check and is thrown on.
    /// - Returns: the problems found, at most 100.
    /// - Throws: `database-in-use` naming the holders, when it needs the database for itself; `not-permitted`.
    func inspect(_ database: FoundDatabase, step: @escaping @Sendable () throws -> Void) throws -> [String]

    /// Puts a database, or all of a server, in order for speed: vacuum, statistics, indexes. Durable on return; ended at
    /// any moment, it has changed nothing that clients see.
    ///
    /// - Throws: as `inspect`.
    func optimise(_ database: FoundDatabase, step: @escaping @Sendable () throws -> Void) throws

    /// Runs the engine's own check on a copy that nobody else uses; leaves no file beside it.
    ///
    /// - Parameter step: called several times a second; what it throws ends the check and is thrown on.
    /// - Returns: the problems found, at most 100; empty when the copy is sound.
    /// - Throws: `database-unreadable`, `input-output`: the check could not run.
    func check(_ copy: String, step: @escaping @Sendable () throws -> Void) throws -> [String]

    /// Asks a copy that nobody else uses; whatever the query is, nothing is written and no other file opened.
    ///
    /// - Parameters:
    ///   - limit: how long it may take.
    ///   - step: called several times a second; what it throws ends the query and is thrown on.
    ///   - each: gets the rows in order, one text a column, nil for NULL; blobs are `X'…'` in hexadecimal.
    /// - Throws: `wrong-usage` for what is no query that only reads; `timed-out`; `database-damaged`.
    func query(
        _ query: String, in copy: String, limit: Duration, step: @escaping () throws -> Void,
        each: ([String?]) throws -> Void
    ) throws

    /// Files that belong to a database at `path` while it is in use, and would damage another one put in its place.
    /// They need not exist.
    func sidecars(of path: String) -> [String]

    /// What may still make a later run fail, of a server that answers; nil for an engine that knows of nothing.
    /// - Throws: why it can't be asked.
    func outlook() throws -> ServerOutlook?

    /// Whether what is captured is a folder of files, restored as one, and not a file.
    var restoresFolder: Bool { get }

    /// What handles the databases of a server that is backed up as one; nil where each is a backup unit of its own.
    var members: (any MemberEngine)? { get }

    /// Makes a restored folder ready for use: what the image has no file for.
    /// - Parameter path: what the folder will be called.
    func completeRestore(in folder: String, becoming path: String) throws

    /// Receives the server's write-ahead log, from where what was received ends.
    ///
    /// - Parameters:
    ///   - after: nil begins where the slot does; one is made when needed.
    ///   - stored: what lies before need not be kept by the server, although `after` may be less.
    /// - Returns: nil for an engine without such a log.
    /// - Throws: `log-gap`, `log-differs`: begin anew with nil; `slot-unlimited`, `not-permitted`, `server-unreachable`,
    ///   `busy`, `timed-out`.
    func followLog(_ slot: LogSlot, after: LogPosition?, stored: UInt64) throws -> (any LogStream)?

    /// How much of the log waits for us; nil when nothing is kept.
    func logLag(_ slot: LogSlot) throws -> LogLag?

    /// The server need not keep its log for us any more.
    func forgetLog(_ slot: LogSlot) throws

    /// Gives a name to the present place in the log; nothing of any database is touched.
    /// - Returns: the first position behind it; nil for an engine without a log.
    func nameLog(_ name: String) throws -> LogPosition?

    /// Where following the log begins for a backup with `token`; nil when no log follows it.
    func logBase(token: String) -> LogBase?

    /// Where in the log a recovery has to stop.
    ///
    /// - Parameter timeline: that it is to stop on; nil is the newest one.
    /// - Returns: nil when nothing that counts follows the backup.
    /// - Throws: `target-not-reached`, `wrong-usage`; what reading the log throws.
    func findStop(
        _ target: LogTarget, on timeline: UInt32?, after base: LogBase, in log: any LogSource
    ) throws -> LogStop?

    /// Lets a restored folder, complete already, follow the log when its server is started; durable on return.
    ///
    /// - Parameter promotes: whether the server opens for writing by itself once it is there; else it waits, readable.
    func followLog(_ log: any LogSource, from base: LogBase, upTo stop: LogStop, in folder: String, promotes: Bool)
        throws
}

extension Engine {
    package var restoresFolder: Bool { false }
    package var members: (any MemberEngine)? { nil }
    package func completeRestore(in folder: String, becoming path: String) throws {}
    package func followLog(_ slot: LogSlot, after: LogPosition?, stored: UInt64) throws -> (any LogStream)? { nil }
    package func logLag(_ slot: LogSlot) throws -> LogLag? { nil }
    package func forgetLog(_ slot: LogSlot) throws {}
    package func nameLog(_ name: String) throws -> LogPosition? { nil }
    package func logBase(token: String) -> LogBase? { nil }
    package func findStop(
        _ target: LogTarget, on timeline: UInt32?, after base: LogBase, in log: any LogSource
    ) throws -> LogStop? { nil }
    package func followLog(
        _ log: any LogSource, from base: LogBase, upTo stop: LogStop, in folder: String, promotes: Bool
    ) throws {}
    package func check(_ copy: String) throws -> [String] { try check(copy) {} }

    package func clients(of database: FoundDatabase) throws -> [DatabaseClient] {
        try clients(of: [database]).clients[NativePath(database.path)] ?? []
    }

    package func disconnect(_ clients: [DatabaseClient]) throws -> [DatabaseClient] {
        throw Fault(
            .wrongUsage, "clients of \(kind) databases are processes, which are not disconnected",
            hint: "stop the systemd unit that uses the database")
    }

    package func planClosing(_ member: String) throws -> String { throw cannotClose() }
    package func close(_ plan: String) throws { throw cannotClose() }
    package func hold(_ plan: String) throws { throw cannotClose() }
    package func reopen(_ plan: String) throws { throw cannotClose() }
    package func leftovers() throws -> [ClosedMember] { [] }

    private func cannotClose() -> Fault {
        Fault(
            .wrongUsage, "\(kind) databases can't be closed to processes",
            hint: "stop the systemd unit that uses the database")
    }

    package func message(_ text: String, until: Instant?, to members: [String]) throws {
        throw Fault(
            .wrongUsage, "clients of \(kind) databases are processes, which take no messages",
            hint: "tell their users another way")
    }
}
