package import Model

/// What opens a repository.
package enum RepositorySecret: Sendable {
    /// Absolute path of a key file.
    case keyFile(String)
    /// UTF-8 bytes of a passphrase.
    case passphrase([UInt8])
    /// The words of a recovery key, as typed.
    case recovery(String)
}

/// The door to repositories without a daemon.
package protocol RepositoryAccess: Sendable {
    /// Makes an empty repository whose first key slot is `keyFile`, which is made with mode 0600 when missing.
    ///
    /// - Throws: `repository-exists`, `input-output`, `not-permitted`.
    func create(at path: String, keyFile: String) throws -> any LocalRepository
    /// Makes a key file with mode 0600, durable on return; false when there is a good one already, which stays.
    ///
    /// - Throws: `input-output`, `not-permitted`; `key-damaged` for a file that is no key.
    func makeKeyFile(_ path: String) throws -> Bool
    /// The words of a recovery key that opens nothing yet.
    func newRecoveryWords() throws -> String
    /// - Throws: `repository-missing`, `repository-too-new`, `no-key-matches`, `key-damaged`, `repository-damaged`.
    func open(at path: String, with secret: RepositorySecret) throws -> any LocalRepository
}

/// A repository opened by the command line itself: needs no daemon, no catalog, no network. Calls block; `progress` is
/// called from several threads, five times a second at most.
package protocol LocalRepository: Sendable {
    var path: String { get }

    func databases() throws -> [Database]
    func backups(_ filter: BackupFilter) throws -> [Backup]
    func backup(_ id: BackupID) throws -> Backup
    /// Refuses `in_place` when the database's folder is missing.
    func restore(_ request: RestoreRequest, progress: @escaping @Sendable (Progress) -> Void) throws -> RestoreResult
    /// Hands the file's bytes to `write`, in order; returns its length.
    func download(
        _ id: BackupID, write: (UnsafeRawBufferPointer) throws -> Void, progress: @escaping @Sendable (Progress) -> Void
    ) throws -> ByteCount
    func verify(_ request: VerifyRequest, progress: @escaping @Sendable (Progress) -> Void) throws -> VerifyReport

    /// Without query files; leaves no proof.
    func drill(_ request: DrillRequest, progress: @escaping @Sendable (Progress) -> Void) throws -> DrillReply

    func check(progress: @escaping @Sendable (Progress) -> Void) throws -> RepositoryCheck
    func space() throws -> RepositorySpace
    func keys() throws -> [KeySlot]
    func addKey(_ request: KeyRequest) throws -> KeyReply
    /// - Throws: `last-key`, `not-found`.
    func removeKey(_ slot: String) throws -> KeySlot
}
