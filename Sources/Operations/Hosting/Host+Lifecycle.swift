import Catalog
import Foundation
import Messages
package import Model
import Platform
package import Settings
import Synchronization

extension Host {
    /// Opens catalog, message center and repository, and mends what a killed daemon left behind: unfinished restores,
    /// open runs, scratch files, a lost catalog.
    ///
    /// A repository that can't be opened is no reason not to start: it is told in the message center and tried again by
    /// every run.
    /// - Parameter failed: hears what the message center can't record.
    /// - Throws: faults of the state folder, the catalog and the settings.
    package static func open(
        _ settings: DaemonSettings, failed: @escaping @Sendable (Fault) -> Void
    ) throws -> Host {
        let configuration = try Configuration(settings)
        try Files.removeTree(settings.scratchFolder)
        for folder in [settings.stateDirectory, settings.scratchFolder, settings.intentFolder, settings.logDirectory] {
            try Files.makeDirectories(folder, mode: 0o750)
        }
        let catalog = try Catalog.open(settings.catalogPath)
        let center = MessageCenter(
            catalog: catalog, logPath: "\(settings.logDirectory)/messages.log", failed: failed)
        try center.start()
        let host = Host(
            configuration: configuration, catalog: catalog,
            repositories: RepositoryDoor(settings.repository), center: center, report: failed)
        host.repositories.observe { [weak host] in host?.takeIn($0) }
        host.finishRestores()
        try host.reconcile()
        return host
    }

    /// Says that the daemon serves, looks what there is to back up, and lets schedules run.
    package func started(version: String) {
        say([MessageDraft(.info, .daemonStarted, "holdfastd \(version) started")])
        do {
            try startTiming()
        } catch {
            let fault = Fault.wrapping(error)
            say([MessageDraft(.error, fault.code, "no schedule runs: \(fault.message)", hint: fault.hint)])
        }
        do {
            try closed.load()
            holdClosed()
        } catch { say([MessageDraft(.error, Fault.wrapping(error))]) }
        startMaintenance()
        Threads.start("discovery") { [self] in
            _ = discoverAll()
            // Kept open from now on: the writer's lock shows a second daemon that the repository is taken.
            if let fault = repositories.fault() { say([MessageDraft(.error, fault)]) }
            followLogs()
            // Nothing may run for a long time from here on, which would give back what opening everything took.
            Memory.giveBack()
        }
    }

    /// Puts new settings in force, atomically.
    /// - Throws: `bad-settings`; then the old ones stay.
    package func reload(_ settings: DaemonSettings) throws {
        let before = configuration
        if let fault = settings.reloadFault(after: before.settings) { throw fault }
        use(try Configuration(settings))
        try syncSchedules()
        try markRemovedServers()
        syncMaintenance()
        refusedSettings.withLock { $0 = nil }
        say([MessageDraft(.info, .settingsReloaded, "settings were reloaded")])
        Threads.start("discovery") { [self] in
            _ = discoverAll()
            followLogs(old: before)
        }
    }

    /// Says why new settings were not put in force.
    package func reloadFailed(_ fault: Fault) {
        refuse(settings: fault)
        say([MessageDraft(.error, fault)])
    }

    /// Remembers for `status` why the settings on disk are not in force.
    func refuse(settings fault: Fault) { refusedSettings.withLock { $0 = fault } }

    /// Drops what waits, asks what works to stop, and waits for it a while; then delivers the last messages.
    package func stop() {
        maintenance.stop(on: self)
        closed.stop()
        following.stop()
        timing.stop()
        _ = queue.stop()
        cancellations.withLock { all in for cancellation in all.values { cancellation.request() } }
        _ = queue.waitUntilIdle(deadline: Date(timeIntervalSinceNow: 60))
        say([MessageDraft(.info, .daemonStopped, "holdfastd stopped")])
        center.stop()
        repositories.close()
        try? catalog.close()
    }

    /// SQLite's own check of a restored copy tells nothing while it runs, and takes long for a large one.
    private static let longestSilence = Duration.seconds(2 * 3600)

    /// Whether the catalog answers and every run at work has moved within `longestSilence`.
    package func isWell() -> Bool {
        guard (try? catalog.newestMessage()) != nil else { return false }
        let now = BootClock.now()
        return heartbeats.withLock { beats in beats.values.allSatisfy { now - $0 < Self.longestSilence } }
    }

    /// Closes the runs that a killed daemon left open, and takes in backups that the catalog doesn't know.
    private func reconcile() throws {
        do {
            let repository = try repositories.open()
            try catalog.closeInterruptedRuns(at: clock) { try verdict(on: $0, in: repository) }
        } catch let fault as Fault where fault.code != .databaseDamaged {
            try catalog.closeInterruptedRuns(at: clock)
        }
    }
}
