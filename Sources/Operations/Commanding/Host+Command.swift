package import Catalog
import Messages
package import Model
import Petitions
import Platform
import Policies
package import Wire

extension Host {
    /// Records a command of a schedule and queues it.
    ///
    /// The root helper runs it in a systemd unit of its own as a user without rights, and while that is away it isn't run.
    /// Where the settings say that there is no helper it is a child of the daemon, as its user and inside the bounds of its
    /// unit, but without its capability. It takes none of the places of
    /// backups; commands of one schedule run one after the other.
    /// - Parameters:
    ///   - argv: the absolute path of a program and its arguments; no shell sees them.
    ///   - timeout: then it is made to end, and the run has failed.
    ///   - ended: called once, whatever becomes of the run; not when this throws.
    /// - Throws: `wrong-usage` for no program; faults of the catalog.
    @discardableResult
    package func runCommand(
        _ argv: [String], schedule: String, occurrence: OccurrenceID? = nil, timeout: Duration = .seconds(3600),
        by actor: Actor = .daemon, ended: @escaping @Sendable (RunID) -> Void = { _ in }
    ) throws -> Wire::Run {
        guard let program = argv.first else {
            throw Fault(.wrongUsage, "schedule \(schedule) names no command", hint: "name the program to run")
        }
        let results = try catalog.enqueue(
            [
                RunRequest(
                    .command, origin: .scheduled, actor: actor, target: program, schedule: schedule,
                    occurrence: occurrence)
            ], at: clock)
        let run = try results[0].get()
        let what = "command \(SafeText.oneLine(program)) of schedule \(schedule)"
        start(
            run, priority: .scheduled, alone: "command \(schedule)", takesPlace: false,
            started: [MessageDraft(.info, .commandStarted, "\(what) started")],
            work: { context in try context.host.command(argv, schedule, timeout, what, context) },
            failed: { fault in
                RunEnding.failure(
                    fault, fault.code == .commandRefused ? .commandRefused : .commandFailed, "\(what) failed")
            }, ended: { ended(run.id) })
        return board.run(String(run.id)) ?? Wire::Run(run)
    }

    private func command(
        _ argv: [String], _ schedule: String, _ timeout: Duration, _ what: String, _ context: RunContext
    ) throws -> RunEnding {
        context.begin("running", total: nil)
        let result = try carryOut(argv, schedule, timeout, context)
        let output = result.output.isEmpty ? nil : result.output
        switch (result.ending, result.stop) {
        case (_, .request): throw Fault(.interrupted, "\(what) was cancelled")
        case (_, .deadline):
            return failed(
                "\(what) was ended after \(DurationText.text(timeout))", output,
                "give it a longer timeout, or look why it hangs")
        case (.exited(0), nil):
            return RunEnding(
                outcome: .succeeded(),
                messages: [
                    MessageDraft(.success, .commandSucceeded, "\(what) succeeded", cause: output)
                ])
        case (let ending, nil): return failed("\(what) \(ending)", output, "the end of what it printed is its cause")
        }
    }

    private func carryOut(
        _ argv: [String], _ schedule: String, _ timeout: Duration, _ context: RunContext
    ) throws -> ChildProcess.Result {
        if let port = try context.host.portForCommands() {
            let petition = Petition.command(
                words: argv, schedule: schedule, run: context.run.id,
                seconds: max(1, Int(timeout.components.seconds)))
            return try port.run(petition) { !context.goesOn() }
        }
        var child = ChildProcess(
            try TrustedFile.check(argv[0], isProgram: true), Array(argv.dropFirst()),
            environment: ChildProcess.plainEnvironment, deadline: timeout)
        child.environment["HOLDFAST_SCHEDULE"] = schedule
        child.environment["HOLDFAST_RUN"] = "\(context.run.id)"
        let bounded = child.withoutRights()
        return try Threads.waiting { try await bounded.run(stop: { !context.goesOn() }) }
    }

    private func failed(_ text: String, _ output: String?, _ hint: String) -> RunEnding {
        var fault = Fault(.commandFailed, text, hint: hint)
        fault.cause = output
        return RunEnding(outcome: .failed(fault), messages: [MessageDraft(.error, fault)])
    }

    /// Says a message of a schedule, as a run that is on record.
    ///
    /// - Parameters:
    ///   - text: one line; control characters are replaced.
    ///   - ended: called once; not when this throws.
    @discardableResult
    package func sayScheduled(
        _ severity: Severity, _ text: String, schedule: String, occurrence: OccurrenceID? = nil,
        by actor: Actor = .daemon, ended: @escaping @Sendable (RunID) -> Void = { _ in }
    ) throws -> Wire::Run {
        let results = try catalog.enqueue(
            [RunRequest(.message, origin: .scheduled, actor: actor, schedule: schedule, occurrence: occurrence)],
            at: clock)
        let run = try results[0].get()
        let message = MessageDraft(severity, .scheduledMessage, SafeText.oneLine(text))
        start(
            run, priority: .scheduled, takesPlace: false,
            work: { _ in RunEnding(outcome: .succeeded(), messages: [message]) },
            failed: { RunEnding.failure($0, .scheduleFailed, "the message of schedule \(schedule) was not said") },
            ended: { ended(run.id) })
        return board.run(String(run.id)) ?? Wire::Run(run)
    }
}
