internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Setup {
    /// Takes a backup of everything and drills it; says in one sentence how many databases are proven.
    /// - Throws: `Ending` 3 when some aren't.
    func prove(_ plan: SetupPlan, _ client: DaemonClient) async throws {
        let bar = ProgressBar(terminal)
        defer { bar.clear() }
        try record.say("backup", "of everything")
        let failed = try await backUp(client, bar)
        if wishes.drills {
            try record.say("drill", "restores each backup on trial")
            try await drill(client, bar)
        }
        bar.clear()
        let conclusion = SetupConclusion(
            try await client.status().databases, isDrilled: wishes.drills, otherFailures: record.failures + failed,
            keyFile: plan.keyFile, keyIsSealed: plan.keyIsSealed, repository: plan.repository)
        try record.show(
            .init(
                step: "end", message: conclusion.text, databases: conclusion.databases,
                proven: conclusion.proven), conclusion.text)
        if !conclusion.isGood { throw Ending.partlyDone }
    }

    /// - Returns: why some was left out.
    private func backUp(_ client: DaemonClient, _ bar: ProgressBar) async throws -> [String] {
        var failures: [String] = []
        do {
            let reply = try await client.requestBackup(
                BackupRequest(all: true, comment: "first backup, by setup", startsCooldown: false))
            for run in reply.runs { _ = try await client.waitRun(run.id) { bar.show($0) } }
            failures = reply.skipped.filter { ![.inCooldown, .busy].contains($0.code) }.map {
                "\($0.database): \($0.message)"
            }
        } catch let fault as Fault where fault.code != .daemonUnreachable {
            // It may just have been backed up, or is about to be; anything else keeps all of it from being backed up.
            if ![.inCooldown, .busy].contains(fault.code) { failures = [fault.message] }
        }
        // Those that its schedules began meanwhile.
        for run in try await client.runs(RunQuery(active: true)) where run.kind == .backup {
            _ = try await client.waitRun(run.id) { bar.show($0) }
        }
        return failures
    }

    private func drill(_ client: DaemonClient, _ bar: ProgressBar) async throws {
        do {
            for run in try await client.drill(DrillRequest(all: true)).runs {
                _ = try await client.waitRun(run.id) { bar.show($0) }
            }
        } catch let fault as Fault where [.notFound, .busy].contains(fault.code) {
            // Nothing has a backup, or it is being drilled: the databases themselves tell.
        }
        for run in try await client.runs(RunQuery(active: true)) where run.kind == .drill {
            _ = try await client.waitRun(run.id) { bar.show($0) }
        }
    }
}
