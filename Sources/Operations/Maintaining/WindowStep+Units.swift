import Catalog
import Engines
import Model
import Platform
import Policies
import Settings

/// Databases whose clients are processes: their units are stopped, and those that are held all the same left out.
extension WindowStep {
    /// How long processes that were told to stop may hold their files, and how long nobody may show up inside.
    private static let settling = Duration.seconds(5)

    /// Stops the server's units; one that can't be stopped keeps the window only from the databases that it holds.
    ///
    /// How to start them again is durable before any is stopped.
    func stopUnits() throws {
        let units = server.settings.units
        guard !units.isEmpty else { return }
        let systemd = ServerUnits(host, patience: limit * 3 / 4, stop: { [work] in work.isCancelled })
        do {
            let active = try units.filter { try systemd.isActive($0) }
            guard !active.isEmpty else { return }
            try maintenance.close(for: work) { try stop(active, systemd) }
        } catch {
            try work.check()
            for unit in units { leaveOut(unit: unit, Fault.wrapping(error)) }
        }
    }

    private func stop(_ active: [String], _ systemd: ServerUnits) throws {
        try host.closed.add(record(DatabaseName(server.name), plan: "", units: active))
        do {
            try systemd.stop(active)
        } catch {
            try work.check()
            for unit in active where (try? systemd.isActive(unit)) != false {
                leaveOut(unit: unit, Fault.wrapping(error))
            }
        }
    }

    private func leaveOut(unit: String, _ fault: Fault) {
        let reason = fault.message + (fault.cause.map { ": \(SafeText.oneLine($0))" } ?? "")
        guard maintenance.leaveOut(MaintenanceOmission(name: "unit \(unit)", reason: reason), on: host) else { return }
        host.say([
            MessageDraft(
                .warning, .maintenanceSkipped,
                "the maintenance of \(server.name) goes on without \(unit), and without the databases that it holds: "
                    + reason, hint: "see `systemctl status \(unit.shellWord)`, and that the daemon may stop it")
        ])
    }

    func leaveOutHeld() throws {
        let databases = try host.found(of: server)
        let hasStopped = !host.closed.ofWindow(server.name).isEmpty
        let deadline = BootClock.now() + (hasStopped ? Self.settling : .zero)
        var holders: [DatabaseName: [DatabaseClient]] = [:]
        try work.wait {
            let clients = try server.engine.clients(of: databases).clients
            holders = Dictionary(
                databases.compactMap { database in clients[NativePath(database.path)].map { (database.name, $0) } }
            ) { first, _ in first }
            return holders.isEmpty || BootClock.now() >= deadline
        }
        for (name, clients) in holders.sorted(by: { $0.key < $1.key }) {
            leaveOut(name, "it is held by \(Self.names(clients).joined(separator: ", "))", clients)
        }
    }

    private static func names(_ clients: [DatabaseClient]) -> [String] {
        clients.map { client in
            "\(client.command.isEmpty ? "a process" : client.command) (pid \(client.processID)"
                + "\(client.unit.map { ", \($0)" } ?? ""))"
        }
    }

    /// Has the window go on without a database, and says so once.
    func leaveOut(
        _ database: DatabaseName, _ reason: String, _ holders: [DatabaseClient],
        hint: String? = "name the systemd unit that uses it in the server's `units`, so that windows stop it"
    ) {
        let omission = MaintenanceOmission(name: database.text, reason: reason, holders: Self.names(holders))
        guard maintenance.leaveOut(omission, on: host) else { return }
        host.say([
            MessageDraft(
                .warning, .maintenanceSkipped, "the maintenance of \(server.name) leaves out \(database): \(reason)",
                database: database, hint: hint)
        ])
    }
}
