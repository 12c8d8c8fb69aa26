internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Setup {
    /// Makes the repository and its key file where they are missing, and gives it to the daemon's user.
    func makeRepository(_ plan: SetupPlan, for account: Users.Account) throws {
        if !Files.exists(plan.settings.stateDirectory) {
            try Files.makeDirectories(plan.settings.stateDirectory, mode: 0o750)
            try Files.setOwner(plan.settings.stateDirectory, uid: account.uid, gid: account.gid)
        }
        // Those above it are nobody's secret; its own are closed to others.
        try Files.makeDirectories(Files.parent(of: plan.repository), mode: 0o755)
        let access = terminal.surroundings.repositories
        if plan.keyIsSealed {
            try record.say(
                "repository", "\(plan.repository) is there already; only the daemon opens it, by \(plan.keyFile)")
        } else if plan.repositoryExists {
            _ = try access.open(at: plan.repository, with: .keyFile(plan.keyFile))
            try record.say("repository", "\(plan.repository) is there already, and \(plan.keyFile) opens it")
        } else {
            let isNewKey = !Files.exists(plan.keyFile)
            _ = try access.create(at: plan.repository, keyFile: plan.keyFile)
            try record.did(
                "repository", "made \(plan.repository), opened by \(isNewKey ? "a new key, " : "")\(plan.keyFile)")
        }
        try give(plan, account)
    }

    /// Adds a recovery key where there is none, and shows its words this once.
    func saveRecoveryKey(_ plan: SetupPlan, _ account: Users.Account, _ client: DaemonClient) async throws {
        let access = terminal.surroundings.repositories
        if plan.keyIsSealed {
            guard try await answers(client) else {
                return try record.say(
                    "recovery key", "only the daemon can tell whether there is one, and it doesn't run yet",
                    hint: "see `holdfast repository keys list`, and `keys add --recovery` where there is none")
            }
        }
        let repository: (any LocalRepository)? =
            plan.keyIsSealed
            ? nil
            : try await Threads.run("open repository") {
                try access.open(at: plan.repository, with: .keyFile(plan.keyFile))
            }
        let slots = try await Self.slots(repository, client)
        if let slot = slots.first(where: { $0.kind == .recovery }) {
            return try record.say("recovery key", "was made on \(Text.time(slot.created).prefix(10)) already")
        }
        let words = try access.newRecoveryWords()
        try record.showRecovery(words, of: plan.repository)
        // Added only once somebody has the words, whatever ends this before: a key that nobody knows looks like safety.
        guard (try? isWrittenDown(words)) ?? false else {
            throw Fault(
                .interrupted, "the recovery key was not confirmed, and opens nothing",
                hint: "write its words down before you go on")
        }
        try await Self.add(
            KeyRequest(kind: .recovery, label: "shown by setup", recoveryWords: words), repository, client)
        try record.did("recovery key", "added to \(plan.repository)")
        try await Threads.run("setup") { try self.give(plan, account) }
    }

    private static func slots(_ repository: (any LocalRepository)?, _ client: DaemonClient) async throws -> [KeySlot] {
        guard let repository else { return try await client.keys() }
        return try await Threads.run("keys") { try repository.keys() }
    }

    /// By the daemon where it has the repository open, or alone has its key.
    /// - Throws: `internal-error` where other words than those that were written down were taken: by a daemon of before.
    private static func add(
        _ request: KeyRequest, _ repository: (any LocalRepository)?, _ client: DaemonClient
    ) async throws {
        if let repository {
            do {
                _ = try await Threads.run("add key") { try repository.addKey(request) }
                return
            } catch let fault as Fault where fault.code == .repositoryInUse {
                // The daemon has it.
            }
        }
        let reply = try await client.addKey(request)
        guard reply.recoveryWords != nil else { return }
        _ = try await client.removeKey(reply.slot.id)
        throw Fault(
            .internalError, "the daemon is of an older release and would take other words than those",
            hint: "run `systemctl restart holdfastd`, then setup again")
    }

    private func isWrittenDown(_ words: String) throws -> Bool {
        guard wishes.asks else { return true }
        var generator = SystemRandomNumberGenerator()
        let quiz = RecoveryQuiz(words, using: &generator)
        terminal.surroundings.errors("type two of the words back, to show that you have written them down\n")
        return try quiz.asked.allSatisfy { position in
            for _ in 0..<3 {
                if quiz.accepts(try questions.line(quiz.question(position)), at: position) { return true }
                terminal.surroundings.errors("that is another word\n")
            }
            return false
        }
    }

    /// What root has written is the daemon's.
    private func give(_ plan: SetupPlan, _ account: Users.Account) throws {
        try Files.giveTree(plan.repository, uid: account.uid, gid: account.gid)
    }
}
