extension File {
    private static let syncers = 8

    /// Content and length of all files are durable on return. After a failure none of them may be relied on any more.
    ///
    /// The disk has everything to write before any file is waited for, and several are waited for at once, so that they
    /// share what costs most: the commits of the file system's own log.
    package static func syncAll(_ files: [File]) throws {
        for file in files { file.startWriteback(offset: 0, count: 0) }
        try Threads.runAll(
            "sync",
            (0..<min(syncers, files.count)).map { first in
                { for index in stride(from: first, to: files.count, by: syncers) { try files[index].sync() } }
            })
    }
}
