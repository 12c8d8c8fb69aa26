internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

/// From an installed package to proven backups: finds, asks, writes, starts, proves.
///
/// Each step leaves what it did in order, so that another run goes on where one ended.
struct Setup: Sendable {
    let wishes: SetupWishes
    let terminal: Terminal
    let site: SetupSite
    let settingsPath: String
    let record: SetupRecord
    /// What the daemon's unit says, where there is one.
    let unit: UnitFile?

    init(wishes: SetupWishes, terminal: Terminal, site: SetupSite, settingsPath: String, unit: UnitFile? = nil) {
        self.unit = unit
        self.wishes = wishes
        self.terminal = terminal
        self.site = site
        self.settingsPath = settingsPath
        record = SetupRecord(terminal)
    }

    var questions: Questions { Questions(terminal: terminal, takesDefaults: !wishes.asks) }
    var settingsFolder: String { Files.parent(of: settingsPath) }

    /// - Throws: what ends it early, with what was done so far; `Ending` 3 when some databases aren't proven.
    func run() async throws {
        let plan = try await Threads.run("setup") { try self.plan() }
        if wishes.isDryRun {
            return try record.show(
                .init(step: "plan", message: "nothing was changed", files: plan.texts), "would set up:\n\(plan.text)")
        }
        if wishes.asks {
            terminal.surroundings.errors("this is going to be set up:\n\(plan.text)\n")
            guard try questions.confirm("go on?") else { throw Fault(.interrupted, "nothing was changed") }
        }
        do {
            try await carryOut(plan)
        } catch let ending as Ending {
            throw ending
        } catch { throw record.explained(error) }
    }

    private func carryOut(_ plan: SetupPlan) async throws {
        let client = DaemonClient(socket: wishes.socket ?? plan.settings.socket)
        let account = try daemonAccount()
        try await Threads.run("setup") { try self.makeRepository(plan, for: account) }
        try await saveRecoveryKey(plan, account, client)
        try await Threads.run("setup") {
            for cluster in plan.clusters { try self.prepare(cluster) }
            try self.writeSettings(plan, for: account)
        }
        guard wishes.starts else {
            try record.show(.init(step: "end", message: Self.byHand), Self.byHand)
            if !record.failures.isEmpty { throw Ending.partlyDone }
            return
        }
        guard try await startDaemon(plan, client) else { throw Ending.partlyDone }
        try await prove(plan, client)
    }

    private static let byHand =
        "start the service with `systemctl enable --now holdfastd`, then run `holdfast backup --all` and "
        + "`holdfast drill --all`"

    /// - Throws: `not-found` where the package isn't installed.
    private func daemonAccount() throws -> Users.Account {
        guard let account = Users.account(named: site.account) else {
            throw Fault(
                .notFound, "there is no user \(site.account), as whom the daemon runs",
                hint: "install the package, or run systemd-sysusers with systemd/holdfast.sysusers.conf")
        }
        return account
    }

    private func writeSettings(_ plan: SetupPlan, for account: Users.Account) throws {
        guard !plan.texts.isEmpty else { return }
        for folder in [settingsFolder, "\(settingsFolder)/conf.d"] where !Files.exists(folder) {
            try Files.makeDirectories(folder, mode: 0o750)
            try Files.setOwner(folder, uid: 0, gid: account.gid)
        }
        for (path, text) in plan.texts.sorted(by: { $0.key < $1.key }) {
            let before = try Files.status(path)
            // What a link leads to is written, and the link stays.
            let place = Files.realPath(path) ?? path
            let mode = before?.mode ?? 0o640
            try Files.writeDurably(Array(text.utf8), to: place, mode: mode)
            try Files.setOwner(place, uid: before?.uid ?? 0, gid: before?.gid ?? account.gid)
            // Whatever this process's umask takes from it.
            try Files.setMode(place, mode)
            try record.did("settings", "wrote \(path)")
        }
    }
}
