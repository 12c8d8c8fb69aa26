import Catalog
package import Model
import Platform
import Policies
import Settings
import Storage
package import Wire

extension HostService {
    package func retention(for actor: Actor) async throws -> [RetentionEntry] {
        try await ask { host in try host.retentionEntries() }
    }

    package func setRetention(_ change: RetentionChange, by actor: Actor) async throws -> [RetentionEntry] {
        try await ask { host in
            try host.setRetention(change, by: actor)
            return try host.retentionEntries()
        }
    }

    package func previewRetention(_ request: PruneRequest, for actor: Actor) async throws -> [RetentionPreview] {
        try await ask { host in
            let repository = try host.repositories.openForReading()
            let zone = try host.daemonZone()
            return try host.unitsToPrune(request, in: repository).map { unit, name in
                do {
                    return try RetentionPreview(try host.planPrune(request, of: unit, name), zone: zone)
                } catch let fault as Fault where fault.code.isDamage {
                    return RetentionPreview(
                        database: name, verdicts: [], notes: ["nothing is deleted: \(fault.message)"])
                }
            }
        }
    }

    package func prune(_ request: PruneRequest, by actor: Actor) async throws -> Wire::Run {
        try await ask { host in try host.requestPrune(request, by: actor) }
    }
}

extension Host {
    fileprivate func retentionEntries() throws -> [RetentionEntry] {
        let ofAdmins = try catalog.retention()
        let standard = ofAdmins.first { $0.scope.isEmpty }?.rules
        let whole = (standard ?? RetentionRules()).completed(by: settings.retention.rules)
        var entries = [
            RetentionEntry(
                scope: "", rules: whole, source: standard == nil ? "settings" : "admin", warnings: whole.warnings())
        ]
        entries += ofAdmins.filter { !$0.scope.isEmpty }.map {
            RetentionEntry(
                scope: $0.scope, rules: $0.rules, source: "admin", warnings: $0.rules.warnings(completedBy: whole))
        }
        entries += try catalog.schedules().compactMap { stored in
            stored.definition.retention.map {
                RetentionEntry(
                    scope: "schedule:\(stored.definition.name)", rules: $0, source: "schedule",
                    warnings: $0.warnings(completedBy: whole))
            }
        }
        return entries
    }

    fileprivate func setRetention(_ change: RetentionChange, by actor: Actor) throws {
        guard !change.scope.hasPrefix("schedule:") else {
            throw Fault(
                .badRetention, "the rules of a schedule are changed with the schedule",
                hint: "run `holdfast schedules edit \(change.scope.dropFirst(9)) --keep-days N`")
        }
        let scope = try wholeScope(change.scope)
        let before = try catalog.retention().first { $0.scope.isSame(as: scope) }?.rules ?? RetentionRules()
        let rules = change.reset ? change.rules : change.rules.completed(by: before)
        try rules.check(retentionLimits)
        let place = scope.isEmpty ? "by default" : "of \(scope)"
        let text =
            rules == RetentionRules()
            ? "retention \(place) was reset" : "retention \(place) is now \(Self.text(rules))"
        try catalog.setRetention(
            rules, of: scope, by: actor, at: WallClock.now(),
            messages: [MessageDraft(.info, .retentionChanged, text, actor: actor)])
    }

    /// The scope as it is kept: an end of a name that means one database becomes its whole name.
    private func wholeScope(_ typed: String) throws -> String {
        let names = try catalog.databases(includingGone: true).map(\.name)
        if typed.isEmpty || names.contains(where: { NameSelection.covers([typed], $0) }) { return typed }
        if NameSelection.isPattern(typed) {
            throw Fault(
                .badRetention, "rules are of a database, a folder or a server, not of the pattern \(typed)",
                hint: "a folder is written `server/folder/`")
        }
        if configuration.server(typed) != nil || typed.ends(with: "/") { return typed }
        return try NameSelection.one(typed, among: names).text
    }

    static func text(_ rules: RetentionRules) -> String {
        let numbers = RetentionField.allCases.compactMap { field in
            rules.number(field).map { "\(field.rawValue) \($0)" }
        }
        return (numbers + [rules.thin.map { "thin \($0 ? "yes" : "no")" }].compactMap { $0 }).joined(separator: ", ")
    }
}

extension RetentionPreview {
    init(_ prune: PlannedPrune, zone: ZoneRules) throws {
        let (repository, unit) = (prune.unit.repository, prune.unit.id)
        let removed = Set(prune.plan.finallyDeleted)
        let later = Set(prune.plan.verdicts.filter { $0.fate != .kept }.map(\.sequence))
        // Two estimates: what goes for good now is freed now; the others free their part when they go, too.
        let now = removed.isEmpty ? nil : try repository.pruneEstimate(of: unit, deleting: removed)
        let then = later == removed ? now : try repository.pruneEstimate(of: unit, deleting: later)
        let byNumber = Dictionary(prune.backups.map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
        let offset: ZoneOffset = { zone.offsetSeconds(at: $0) }
        let verdicts = prune.plan.verdicts.reversed().compactMap { verdict -> Wire::RetentionVerdict? in
            guard let backup = byNumber[verdict.sequence] else { return nil }
            let freed = (removed.contains(verdict.sequence) ? now : then)?.byBackup[verdict.sequence]
            return Wire::RetentionVerdict(
                backup: BackupID(unit: unit, sequence: backup.sequence), instant: backup.instant, kind: backup.kind,
                verdict: verdict.word,
                rule: verdict.reason.text(zone: offset), removal: verdict.removal,
                freed: verdict.fate == .kept ? nil : freed)
        }
        self.init(
            database: prune.database, verdicts: verdicts, freed: now?.freed ?? .zero,
            notes: prune.plan.notes.map(\.description))
    }
}

extension Policies::RetentionVerdict {
    fileprivate var word: Wire::Verdict {
        switch fate {
        case .kept: .kept
        case .released: .released
        case .inSoftDelete, .heldInSoftDelete: .deleted
        case .deleted: .removed
        }
    }

    fileprivate var removal: Instant? {
        switch fate {
        case .released(let until), .inSoftDelete(let until): until
        case .kept, .heldInSoftDelete, .deleted: nil
        }
    }
}
