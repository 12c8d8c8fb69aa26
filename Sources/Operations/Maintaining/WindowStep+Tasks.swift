import Catalog
import Engines
import Foundation
import Model
import Petitions
import Platform
import Policies
import Wire

extension WindowStep {
    /// Backs up everything of the server, ahead of whatever waits.
    func backUp() throws {
        let databases = try host.discover(server)
        let results = try host.catalog.enqueue(
            databases.map {
                RunRequest(
                    .backup, database: $0.found.name, unit: $0.unit, backupKind: .progressive, origin: .maintenance)
            }, at: host.clock)
        let order = BackupOrder(
            kind: .progressive, origin: .maintenance, actor: .daemon, comment: "\(window.kind.rawValue) maintenance")
        var runs: [RunID] = []
        for (database, result) in zip(databases, results) {
            let run = try result.get()
            runs.append(run.id)
            host.startBackup(of: database, run, order, priority: .onDemand)
        }
        try wait(for: runs)
    }

    /// Does something with each database that the window has for itself.
    func eachDatabase(_ verb: String, _ body: (FoundDatabase) throws -> Void) throws {
        var faults: [Fault] = []
        let databases = try host.found(of: server)
        try refuseIfNoneMayBeWritten(databases, verb)
        for database in databases where !maintenance.leavesOut(database.name.text) {
            try work.check()
            do {
                try body(database)
            } catch let fault as Fault where fault.code == .databaseInUse {
                leaveOut(database.name, fault.message, (try? server.engine.clients(of: database)) ?? [])
            } catch {
                try work.check()
                let fault = Fault.wrapping(error)
                if fault.code == .notPermitted { leaveOut(database.name, fault.message, [], hint: fault.hint) }
                faults.append(fault)
            }
        }
        guard let first = faults.first else { return }
        let others = faults.count == 1 ? "" : ", and \(faults.count - 1) more"
        var whole = Fault(first.code, "\(first.message)\(others)", hint: first.hint)
        whole.cause = first.cause
        throw whole
    }

    /// Where an earlier task found out that the daemon may write none of them, this one isn't done either.
    private func refuseIfNoneMayBeWritten(_ databases: [FoundDatabase], _ verb: String) throws {
        let omissions = databases.compactMap { maintenance.omission($0.name.text) }
        guard let first = omissions.first, omissions.count == databases.count else { return }
        guard omissions.allSatisfy(\.holders.isEmpty) else { return }
        throw Skip(
            fault: Fault(
                .notPermitted, "no database is left to \(verb), since \(first.reason)",
                hint: "let the daemon write them, or take the tasks engine-check and optimise out of the window"))
    }

    func inspect(_ database: FoundDatabase) throws {
        let work = work
        let problems = try server.engine.inspect(database) { try work.check() }
        guard let first = problems.first else { return }
        let others = problems.count == 1 ? "" : ", and \(problems.count - 1) more"
        let fault = Fault(
            .databaseDamaged, "\(database.name) is damaged: \(SafeText.oneLine(first))\(others)",
            hint: "restore it from its newest proven backup (`holdfast backups \(database.name.shellWord)`)")
        host.say([MessageDraft(.error, fault, database: database.name)])
        throw fault
    }

    /// A program that root has named: no shell, and nothing of our environment. Root's if there is a helper to run it, else
    /// without any right of ours.
    func run(_ words: [String], _ task: Petition.Task) throws {
        guard let program = words.first else {
            throw Fault(
                .commandRefused, "the settings of server \(server.name) name no \(task.rawValue)",
                hint: "have root set servers.\(server.name).\(task.rawValue), or take the task out of the window")
        }
        let port = host.rootPort
        let result = try port.map { try run(task, by: $0) } ?? run(program, Array(words.dropFirst()))
        try work.check()
        guard result.ending != .exited(0) || result.stop != nil else { return tell(result, of: program, task) }
        let how = result.stop == .deadline ? "was ended at its deadline" : "\(result.ending)"
        var fault = Fault(
            .commandFailed, "\(SafeText.oneLine(program)) \(how)",
            hint: "run it by hand as \(port == nil ? "the daemon's user" : "root")")
        fault.cause = result.output.isEmpty ? nil : result.output
        throw fault
    }

    /// What an update did is asked for later.
    private func tell(_ result: ChildProcess.Result, of program: String, _ task: Petition.Task) {
        host.say([
            MessageDraft(
                .success, .commandSucceeded,
                "\(SafeText.oneLine(program)), the \(task.rawValue) of server \(server.name), succeeded",
                cause: result.output.isEmpty ? nil : result.output)
        ])
    }

    /// An update is not asked to end because the daemon does, which it may itself have restarted: it is in the middle of a
    /// package, and goes on alone.
    private func run(_ task: Petition.Task, by port: RootPort) throws -> ChildProcess.Result {
        let goesOn = { task == .update && host.queue.hasStopped }
        return try port.run(
            .task(
                server: server.name, task: task, window: window.kind.rawValue,
                seconds: max(1, Int(limit.components.seconds))),
            stop: { work.isCancelled && !goesOn() })
    }

    private func run(_ program: String, _ arguments: [String]) throws -> ChildProcess.Result {
        var child = ChildProcess(
            try TrustedFile.check(program, isProgram: true), arguments, environment: ChildProcess.plainEnvironment,
            deadline: limit)
        child.environment["HOLDFAST_SERVER"] = server.name
        child.environment["HOLDFAST_WINDOW"] = window.kind.rawValue
        let bounded = child.withoutRights()
        let work = work
        return try Threads.waiting { try await bounded.run(stop: { work.isCancelled }) }
    }

    func drill() throws {
        let names = try host.catalog.databases(server: server.name).filter { $0.lastBackup != nil }.map(\.name.text)
        guard !names.isEmpty else { return }
        let runs = Gathered()
        _ = try host.requestDrill(
            DrillRequest(databases: names), by: .daemon, origin: .maintenance, began: { runs.add($0) })
        try wait(for: runs.all)
    }

    func verify() throws {
        let names = try host.catalog.databases(server: server.name).filter { $0.lastBackup != nil }.map(\.name.text)
        guard !names.isEmpty else { return }
        try wait(for: [id(of: try host.requestVerify(VerifyRequest(databases: names, level: .stored), by: .daemon))])
    }

    /// One that is under way already is waited for first.
    func prune() throws {
        let names = try host.catalog.databases(server: server.name).map(\.name.text)
        guard !names.isEmpty else { return }
        try work.wait { !host.board.active.contains { $0.kind == .prune } }
        try wait(for: [id(of: try host.requestPrune(PruneRequest(databases: names), by: .daemon))])
    }

    private func id(of run: Wire::Run) throws -> RunID {
        guard let id = RunID(run.id) else { throw Fault(.internalError, "run \(run.id) has no number") }
        return id
    }

    /// Waits for the end of runs; when this step is cancelled, they are, and it waits until nothing of them works.
    private func wait(for runs: [RunID]) throws {
        let isOver = { runs.allSatisfy { run in host.board.run(String(run))?.state.isFinal ?? true } }
        do {
            try work.wait(until: isOver)
        } catch {
            for run in runs { try? host.cancel(String(run), by: .daemon) }
            while !isOver() { Thread.sleep(forTimeInterval: 0.05) }
            throw error
        }
        let faults = runs.compactMap { run in host.board.run(String(run)) }.filter { $0.state != .succeeded }
        guard let first = faults.first else { return }
        let others = faults.count == 1 ? "" : ", and \(faults.count - 1) more"
        let reason = first.fault?.message ?? "run \(first.id) did not succeed"
        throw Fault(first.fault?.code ?? .internalError, reason + others, hint: first.fault?.hint)
    }
}

/// Runs that were begun.
private final class Gathered {
    private(set) var all: [RunID] = []

    func add(_ runs: [RunID]) { all += runs }
}
