internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Setup {
    private static let patience = Duration.seconds(90)

    /// Has a daemon at work with the new settings.
    /// - Returns: false where no service manager runs and so nothing can be started, which is said.
    func startDaemon(_ plan: SetupPlan, _ client: DaemonClient) async throws -> Bool {
        let isAtWork = try await answers(client)
        guard isAtWork || site.service.isManaged else {
            try record.say(
                "service", "systemd does not run here, so nothing starts the daemon",
                hint:
                    "start `holdfastd --config \(settingsPath.shellWord)` as user \(site.account), with the right to "
                    + "read the "
                    + "databases, then run `holdfast setup` again")
            return false
        }
        let widens = !plan.unitLines.isEmpty && site.service.isManaged
        let isStale = await site.service.state(of: SystemdUnit.unit)?["NeedDaemonReload"] == "yes"
        let isWider = widens ? try await site.service.widen(plan.unitLines) : false
        guard isAtWork else {
            try await site.service.start()
            try await waitForAnswer(client)
            try record.did("service", "started holdfastd")
            return true
        }
        // A daemon at work keeps the view of the file system that it was started with.
        if isWider || isStale || (widens && !plan.repositoryExists) {
            try await site.service.restart()
            try await waitForAnswer(client)
            try record.did("service", "restarted holdfastd")
        } else {
            _ = try await client.reload()
            try record.did("service", "holdfastd has read the settings")
        }
        return true
    }

    func answers(_ client: DaemonClient) async throws -> Bool {
        do {
            _ = try await client.identity()
            return true
        } catch let fault as Fault where fault.code == .daemonUnreachable { return false }
    }

    private func waitForAnswer(_ client: DaemonClient) async throws {
        let end = BootClock.now() + Self.patience
        while try await !answers(client) {
            guard BootClock.now() < end else {
                throw Fault(
                    .timedOut, "holdfastd does not answer on \(client.socket)",
                    hint: "see `systemctl status holdfastd` and `journalctl -u holdfastd`")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
