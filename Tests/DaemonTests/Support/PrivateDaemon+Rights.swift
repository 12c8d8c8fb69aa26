import Foundation

extension PrivateDaemon {
    /// Starts it, with a new repository, as a user without rights (`daemon`) that owns all of it and has the one capability
    /// that its unit gives it.
    /// - Parameter prepare: called when all belongs to that user, and before it starts.
    func startUnprivileged(_ prepare: () throws -> Void = {}) async throws {
        try await makeRepository()
        let program = "\(path)/holdfastd"
        let user = RootHelper.user
        // By another process: a program that is open for writing here, or in a child that inherited it, can't run.
        for words in [["/bin/cp", Programs.daemon, program], ["/bin/chown", "-R", "\(user):\(user)", path]] {
            _ = try Self.good(try await folder.run(words[0], Array(words.dropFirst())))
        }
        try prepare()
        let rights = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        let identity = ["--reuid=\(user)", "--regid=\(user)", "--clear-groups"]
        try await start(program: program, under: [Programs.ofSystem("setpriv") ?? "setpriv"] + identity + rights)
    }
}
