import Catalog
import Engines
import Foundation
import Model
import Platform
import Policies
import Settings
import Synchronization

/// The maintenance of one server: has the machine decide, makes its state durable, then carries its orders out.
///
/// A turn writes to the catalog and does nothing else that could take long: whatever hangs in a step, turns go on, and with
/// them the hard end.
final class ServerMaintenance: Sendable {
    private struct State {
        var machine: MaintenanceMachine
        /// What the catalog has.
        var stored: MaintenanceState?
        var outbox = MaintenanceOutbox()
        /// Steps of which something may still be at work.
        var work: [StepAtWork] = []
        /// Nothing has to wait for the window any more, although something is still to be opened.
        var isReleased = false
        var server: HostedServer
        var isTurning = false
        /// When the next turn is due, as the machine said in the last one.
        var due: Instant?
        var isPolling = false
        var hasFailed = false
    }

    let name: String
    private let state: Mutex<State>
    /// Held during a turn.
    private let turn = Mutex(())
    /// Held while something is closed, or everything opened.
    private let gate = Mutex(())

    /// - Parameter stored: what an earlier daemon left.
    init(_ server: HostedServer, stored: MaintenanceState?) {
        name = server.name
        let machine = stored.map { MaintenanceMachine(restored: $0) } ?? MaintenanceMachine()
        state = Mutex(State(machine: machine, stored: stored, server: server))
    }

    var machine: MaintenanceMachine { state.withLock { $0.machine } }

    /// For people: what is durable, so that a window that has ended is in the history; what was decided while it can't be.
    var shown: MaintenanceState {
        state.withLock { state in state.hasFailed ? state.machine.state : state.stored ?? state.machine.state }
    }

    /// As the settings have it, or had it before they dropped it.
    var server: HostedServer {
        get { state.withLock { $0.server } }
        set { state.withLock { $0.server = newValue } }
    }

    /// Closes something for a step, unless that has been cancelled: opening may have begun then, and must miss nothing.
    func close<Value>(for work: StepAtWork, _ body: () throws -> Value) throws -> Value {
        try gate.withLock { _ in
            try work.check()
            return try body()
        }
    }

    /// Opens everything, once nothing is being closed any more.
    func open(_ body: () throws -> Void) throws { try gate.withLock { _ in try body() } }

    /// Whether backups and whatever else works on the server have to wait.
    var excludesOthers: Bool { state.withLock { $0.machine.isClosed && !$0.isReleased } }

    /// Lets others work, although not everything is open yet.
    func release() { state.withLock { $0.isReleased = true } }

    /// Whether the window under way goes on without something.
    func leavesOut(_ name: String) -> Bool { omission(name) != nil }

    func omission(_ name: String) -> MaintenanceOmission? {
        machine.state.run?.leftOut.first { $0.name.isSame(as: name) }
    }

    /// - Returns: whether that is new.
    func leaveOut(_ omission: MaintenanceOmission, on host: Host) -> Bool {
        guard !leavesOut(omission.name) else { return false }
        take(.leftOut(omission), on: host)
        return true
    }

    /// Whether a turn is due although nothing has happened; nil for no time in particular.
    func due(_ terms: MaintenanceTerms) -> Instant? {
        state.withLock { state in
            let now = terms.reading.wall
            if state.isTurning { return now + .seconds(1) }
            if state.hasFailed { return now }
            // The machine counts on a turn at each due time, and says then when the one after it is; what it says now counts
            // too, since the clock may have been set meanwhile.
            let due = [state.due, state.machine.nextDue(terms)].compactMap { $0 }.min()
            return state.machine.state.run == nil ? due : min(due ?? .distant, now + .seconds(5))
        }
    }

    /// Lets time pass, on a thread of its own.
    func tickSoon(on host: Host) {
        let isFree = state.withLock { state in
            defer { state.isTurning = true }
            return !state.isTurning
        }
        guard isFree else { return }
        Threads.start("maintenance-\(name)") { [self] in
            take(.tick, on: host)
            state.withLock { $0.isTurning = false }
            host.maintenance.look()
        }
    }

    /// One turn. Blocks while the catalog writes.
    func take(_ event: MaintenanceEvent, by actor: Actor = .daemon, on host: Host) {
        turn.withLock { _ in
            do {
                let terms = try host.maintenanceTerms(of: name)
                let texts = MaintenanceTexts(
                    server: name, zone: host.maintenanceZone, units: host.closed.unitsAlone(of: name))
                state.withLock { state in
                    let orders = state.machine.handle(event, terms)
                    state.due = state.machine.nextDue(terms)
                    state.outbox.add(orders, texts, by: actor)
                }
            } catch { host.report(Fault.wrapping(error)) }
            settle(host)
        }
        watchClients(host)
        host.maintenance.look()
    }

    /// Makes durable what has been decided, and goes on from there; tried again while that fails.
    private func settle(_ host: Host) {
        let (now, stored, outbox) = state.withLock { ($0.machine.state, $0.stored, $0.outbox) }
        guard now != stored || !outbox.isEmpty else { return }
        do {
            try host.catalog.keepMaintenance(
                now, of: name, ended: outbox.ended, messages: outbox.messages, at: WallClock.now())
            state.withLock { state in
                state.stored = now
                state.outbox = MaintenanceOutbox()
                state.hasFailed = false
            }
            for order in outbox.orders { carryOut(order, host) }
        } catch {
            let (isNew, urgent) = state.withLock { state in
                defer { state.hasFailed = true }
                return (!state.hasFailed, state.outbox.takeUrgent())
            }
            if isNew { host.report(Fault.wrapping(error)) }
            for order in urgent { carryOut(order, host) }
        }
    }

    private func carryOut(_ order: MaintenanceOrder, _ host: Host) {
        switch order {
        case .announce(let window, let startsIn):
            tell(host, until: window.start) { $0.announcement(window, startsIn) }
        case .withdraw(let window): tell(host, until: nil) { $0.withdrawal(window) }
        case .perform(let step, let number, let limit): begin(step, number, limit, host)
        case .cancel(let number): state.withLock { $0.work.first { $0.number == number } }?.cancel()
        case .report:
            state.withLock { $0.isReleased = false }
            host.afterMaintenance(of: self)
        case .message, .reopenFailed, .skip: break
        }
    }
}

extension ServerMaintenance {
    private func begin(_ step: MaintenanceStep, _ number: Int, _ limit: Duration, _ host: Host) {
        let work = StepAtWork(number: number)
        let (earlier, server, window) = state.withLock { state in
            defer { state.work = state.work.filter { !$0.isGone } + [work] }
            if step == .close { state.isReleased = false }
            return (state.work, state.server, state.machine.state.run?.window)
        }
        guard let window else { return }
        Threads.start("maintenance-\(name)-\(step.name)") { [self] in
            var outcome = MaintenanceOutcome.done
            do {
                try wait(for: earlier, before: step, work, server)
                KillPoint.enter("maintenance-\(step.name)")
                try WindowStep(host: host, maintenance: self, server: server, window: window, work: work, limit: limit)
                    .perform(step)
                KillPoint.enter("maintenance-\(step.name)-done")
            } catch let skip as WindowStep.Skip {
                outcome = .skipped(reason: Self.reason(skip.fault))
            } catch { outcome = .failed(reason: Self.reason(Fault.wrapping(error))) }
            work.end()
            take(.ended(number: number, outcome), on: host)
        }
    }

    private static func reason(_ fault: Fault) -> String {
        let reason = fault.cause.map { "\(fault.message): \($0)" } ?? fault.message
        return fault.hint.map { "\(reason) (hint: \($0))" } ?? reason
    }

    /// Waits until nothing works any more that was cancelled; to open, only for a moment, and where a program that starts
    /// would find its database locked.
    private func wait(
        for earlier: [StepAtWork], before step: MaintenanceStep, _ work: StepAtWork, _ server: HostedServer
    ) throws {
        let deadline = BootClock.now() + (server.engine.restoresFolder ? .zero : .seconds(10))
        try work.wait { earlier.allSatisfy(\.isGone) || step == .reopen && BootClock.now() >= deadline }
    }

    /// Tells connected clients, where the engine can; a message that doesn't reach them keeps nothing from happening.
    private func tell(_ host: Host, until: Instant?, _ text: @escaping @Sendable (MaintenanceTexts) -> String) {
        let server = server
        Threads.start("maintenance-\(name)-message") { [self] in
            let zone = host.maintenanceZone
            guard let members = try? host.members(of: server), !members.isEmpty
            else { return }
            do {
                try server.engine.message(text(MaintenanceTexts(server: name, zone: zone)), until: until, to: members)
            } catch { host.report(Fault.wrapping(error)) }
        }
    }

    /// Looks for clients every other second for as long as the machine wants to know of them.
    private func watchClients(_ host: Host) {
        let begins = state.withLock { state in
            guard state.machine.wantsClients, !state.isPolling else { return false }
            state.isPolling = true
            return true
        }
        guard begins else { return }
        Threads.start("maintenance-\(name)-clients") { [self] in
            while goesOnWatching(host) {
                // Units run to the end of the countdown, also those that hold no database just now.
                let endsEarly = server.settings.units.isEmpty || machine.state.run?.step != .countdown
                if let clients = try? host.maintenanceClients(of: server), endsEarly || !clients.isEmpty {
                    take(.clients(clients), on: host)
                }
                Thread.sleep(forTimeInterval: 1)
            }
        }
    }

    private func goesOnWatching(_ host: Host) -> Bool {
        state.withLock { state in
            state.isPolling = state.machine.wantsClients && !host.maintenance.isStopped
            return state.isPolling
        }
    }
}

extension Instant {
    fileprivate static let distant = Instant(microseconds: .max / 4)
}
