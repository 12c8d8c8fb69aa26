import Catalog
import Engines
import Model
import Platform
import Policies
import Settings
import Wire

extension Host {
    /// - Parameter limit: of its history.
    func maintenanceStatus(of server: HostedServer, history limit: Int) throws -> MaintenanceStatus {
        let (rules, zone) = (maintenance.rules(of: server.name), try daemonZone())
        let state = maintenance.server(server.name)?.shown
        return MaintenanceStatus(
            server: server.name, zone: zone.name, weekly: rules.weekly, daily: rules.daily,
            next: try plannedWindows(of: server.name, count: 2), underWay: state?.run.map { WindowUnderWay($0) },
            carried: state?.carried ?? [], warnings: Self.maintenanceWarnings(rules, server),
            history: try catalog.maintenanceHistory(of: server.name, limit: limit).map {
                WindowRecord(String($0.id), $0.entry, zone)
            })
    }

    /// - Parameter instant: nil is now.
    func plannedWindows(of server: String, after instant: Instant? = nil, count: Int) throws -> [PlannedWindow] {
        let planner = try maintenance.planner(of: server, zone: try daemonZone())
        return planner.windows(after: instant ?? WallClock.now(), count: count).map { PlannedWindow($0, planner) }
    }

    /// For `status`: windows under way, and the next one of each server.
    func statusWindows() -> [Wire::Window] {
        configuration.servers.flatMap { server -> [Wire::Window] in
            let run = maintenance.server(server.name)?.shown.run.map { run in
                Wire::Window(
                    name: "\(server.name) \(run.window.kind.rawValue)", begins: run.window.start,
                    ends: run.window.end, stage: run.step?.name ?? (run.isClosed ? "reopen" : "waiting"))
            }
            let next = try? plannedWindows(of: server.name, count: 4).first { $0.note?.hasPrefix(Self.merged) != true }
            let window = next.map {
                Wire::Window(name: "\(server.name) \($0.kind.rawValue)", begins: $0.start, ends: $0.end)
            }
            return [run, window].compactMap { $0 }
        }
    }

    /// For `status`: what a window has closed and can't open again.
    var maintenanceProblems: [ProblemObject] {
        maintenance.servers.filter { ($0.machine.state.run?.failedReopenings ?? 0) > 0 }.map { server in
            let units = closed.unitsAlone(of: server.name)
            if !units.isEmpty { return Self.notRunning(units, server.name) }
            return ProblemObject(
                code: .maintenanceStuck,
                message: "what maintenance has closed of \(server.name) can't be opened again yet",
                hint:
                    "see `holdfast maintenance show \(server.name)`; `holdfast maintenance abort \(server.name)` tries "
                    + "at once")
        }
    }

    private static func notRunning(_ units: [String], _ server: String) -> ProblemObject {
        ProblemObject(
            code: .maintenanceStuck,
            message: "\(units.joined(separator: ", ")), stopped by the maintenance of \(server), is not running and "
                + "can't be started",
            hint:
                "see `systemctl status \(units.map(\.shellWord).joined(separator: " "))`; the start is tried again "
                + "every minute, and "
                + "at once by `holdfast maintenance abort \(server)`")
    }

    fileprivate static let merged = "left out"

    /// What a server's role lacks for its windows: the first one would find out otherwise. Asks the server.
    func maintenanceGaps(of server: HostedServer) -> [String] {
        let rules = maintenance.rules(of: server.name)
        let enabled = [rules.weekly, rules.daily].filter(\.enabled)
        guard !enabled.isEmpty else { return [] }
        guard server.engine.restoresFolder else { return unwritable(of: server, enabled) }
        do {
            let gaps = try server.engine.upkeepGaps()
            var warnings: [String] = []
            if let remedy = gaps.closing {
                warnings.append(
                    "windows will fail: the role of server \(server.name) may not close its databases; \(remedy)")
            }
            let tasks = enabled.flatMap(\.tasks).map(\.kind).filter { [.engineCheck, .optimise].contains($0) }
            if !gaps.tending.isEmpty, !tasks.isEmpty {
                warnings.append(
                    "\(Set(tasks.map(\.rawValue)).sorted().joined(separator: " and ")) will fail: the role of server "
                        + "\(server.name) is no superuser; take them out of the windows, or as a superuser: "
                        + gaps.tending.joined(separator: "; "))
            }
            return warnings
        } catch {
            let reason = Fault.wrapping(error).message
            return ["nobody could tell whether the role of server \(server.name) may close its databases: \(reason)"]
        }
    }

    /// Of databases that are files: those that this process may only read.
    private func unwritable(of server: HostedServer, _ rules: [MaintenanceRule]) -> [String] {
        let tasks = Set(rules.flatMap(\.tasks).map(\.kind).filter { [.engineCheck, .optimise].contains($0) })
        let databases = ((try? found(of: server)) ?? []).filter { !Files.isWritable($0.path) }
        guard !tasks.isEmpty, let first = databases.first else { return [] }
        let others = databases.count == 1 ? "" : " and \(databases.count - 1) more"
        return [
            "\(tasks.map(\.rawValue).sorted().joined(separator: " and ")) will skip what holdfastd may not write "
                + "(\(first.name)\(others)), while clients are kept out for it: take them out of the windows "
                + "(`holdfast maintenance set \(server.name) weekly --tasks …`), or let the daemon write these files"
        ]
    }

    private static func maintenanceWarnings(_ rules: MaintenanceRules, _ server: HostedServer) -> [String] {
        let enabled = [rules.weekly, rules.daily].filter(\.enabled)
        guard !enabled.isEmpty else {
            return ["both windows are off; `holdfast maintenance enable \(server.name)` lets them come"]
        }
        let tasks = Set(enabled.flatMap(\.tasks).map(\.kind))
        var warnings: [String] = []
        if tasks.contains(.systemUpdates), server.settings.updateCommand.isEmpty {
            warnings.append("system-updates will fail: the settings name no update_command for \(server.name)")
        }
        if tasks.contains(.certificateRenewal), server.settings.certificateCommand.isEmpty {
            warnings.append(
                "certificate-renewal will fail: the settings name no certificate_command for \(server.name)")
        }
        if !server.engine.restoresFolder, server.settings.units.isEmpty {
            warnings.append("the settings name no units for \(server.name): databases in use are left out")
        }
        return warnings
    }
}

extension PlannedWindow {
    fileprivate init(_ window: MaintenanceWindow, _ planner: MaintenancePlanner) {
        let zone = planner.zone(of: window.kind)
        let instead = window.weeklyInstead.map { start in
            "\(Host.merged): the weekly one of \(Self.local(start, zone)) takes its place"
        }
        self.init(
            kind: window.kind, start: window.start, latestStart: window.latestStart, end: window.end, zone: zone.name,
            local: LocalTimes(
                start: Self.local(window.start, zone), latestStart: Self.local(window.latestStart, zone),
                end: Self.local(window.end, zone)), note: instead ?? window.shift)
    }

    private static func local(_ instant: Instant, _ zone: ZoneRules) -> String {
        instant.rfc3339(offsetSeconds: zone.offsetSeconds(at: instant)).replacing(".000", with: "")
    }
}

extension WindowUnderWay {
    fileprivate init(_ run: MaintenanceRun) {
        let stage = run.step?.name ?? (run.isClosed ? "reopen" : "waiting")
        self.init(
            kind: run.window.kind, start: run.window.start, end: run.window.end, stage: stage,
            since: run.stageBegan.wall,
            until: run.stage == .waiting ? run.window.latestStart : run.stageBegan.wall + run.allowed,
            closed: run.isClosed, steps: run.steps.map { WindowStepRecord($0) }, heldUpBy: run.heldUpBy)
    }
}

extension WindowStepRecord {
    fileprivate init(_ step: MaintenanceReport.Step) {
        let (outcome, reason): (Outcome, String?) =
            switch step.outcome {
            case .done: (.done, nil)
            case .failed(let reason): (.failed, reason)
            case .skipped(let reason): (.skipped, reason)
            case .timedOut: (.timedOut, nil)
            case .cutOff: (.cutOff, nil)
            }
        self.init(
            step: step.step.name, latestEnd: step.latestEnd, began: step.began, ended: step.ended, outcome: outcome,
            reason: reason)
    }
}

extension WindowRecord {
    fileprivate init(_ id: String, _ entry: MaintenanceEntry, _ zone: ZoneRules) {
        switch entry {
        case .report(let report):
            self.init(
                id: id, kind: report.window.kind, start: report.window.start, end: report.window.end,
                began: report.began, ended: report.ended, flawless: report.isFlawless, text: report.text(zone: zone),
                steps: report.steps.map { WindowStepRecord($0) }, undone: report.undone, heldUpBy: report.heldUpBy,
                leftOut: report.leftOut.map {
                    WindowOmission(name: $0.name, reason: $0.reason, holders: $0.holders)
                })
        case .skip(let skip):
            var names: [String] = []
            if case .clients(let clients) = skip.reason { names = clients }
            self.init(
                id: id, kind: skip.window.kind, start: skip.window.start, end: skip.window.end, flawless: false,
                text: skip.text(zone: zone), heldUpBy: names)
        }
    }
}
