import Model
import Platform

/// Watches a log that no client holds, left by a crash: main file and committed frames must stay as they are.
final class AbandonedLogGuardian: LogGuardian {
    let notes: [SnapshotNote]
    private let source: DatabaseSource
    private let log: File
    private let header: LogHeader?
    private let identity: FileIdentity

    /// - Parameters:
    ///   - identity: of the main file before anything was read, older than the clock's step.
    ///   - holdsCommits: whether the log adds anything to the main file.
    init(_ source: DatabaseSource, log: File, header: LogHeader?, identity: FileIdentity, holdsCommits: Bool) {
        self.source = source
        self.log = log
        self.header = header
        self.identity = identity
        notes = holdsCommits ? [.readAbandonedLog] : []
    }

    /// A client that came since may have added frames; one that folded them back or started over is noticed.
    func confirms() throws -> Bool {
        try source.mainIdentity() == identity
            && FileIdentity(log.status()).isSameFile(as: source.identity("-wal"))
            && LogHeader(log.read(count: LogHeader.length, at: 0)) == header
    }

    func release() {}
}
