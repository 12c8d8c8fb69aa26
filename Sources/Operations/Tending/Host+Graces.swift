import Catalog
package import Model
import Platform
import Policies
import Settings
package import Wire

extension Host {
    /// Under what circumstances servers are asked and graces advance now.
    func discoveryTerms() throws -> DiscoveryTerms {
        try observeClock()
        let (book, zone) = (try ruleBook(), try daemonZone())
        return DiscoveryTerms(
            reading: clock, clockIsTrusted: clockDoubt() == nil,
            deletedDays: { book.rules(for: nil, $0).deletedDays }, zone: { zone.offsetSeconds(at: $0) })
    }

    /// When the grace of a database that is gone ends.
    func graceEnd(_ record: DatabaseRecord, _ book: RetentionRuleBook) -> Instant? {
        record.grace.flatMap { GraceMachine($0).end(deletedDays: book.rules(for: nil, record.name).deletedDays) }
    }

    func advanceGrace() throws { try catalog.advanceGraces(try discoveryTerms()) }
}

extension HostService {
    package func adopt(_ request: AdoptRequest, by actor: Actor) async throws -> Database {
        let name = try await ask { host in try host.adopt(request, by: actor) }
        return try await database(name.text, for: actor)
    }
}

extension Host {
    /// Makes a database the continuation of one that is gone, and backs it up, so that its backups bear the new name.
    fileprivate func adopt(_ request: AdoptRequest, by actor: Actor) throws -> DatabaseName {
        let all = try catalog.databases(includingGone: true)
        let lost = all.filter { $0.state == .gone || $0.state == .missing }
        let found = try NameSelection.one(request.database, among: all.filter { !lost.contains($0) }.map(\.name))
        let from = try NameSelection.one(request.from, among: lost.map(\.name))
        guard let new = all.first(where: { $0.name == found && !lost.contains($0) }),
            let old = lost.first(where: { $0.name == from })
        else { throw Fault(.notFound, "there is no database \(request.database)") }
        if let prune = board.active.first(where: { $0.kind == .prune }) {
            throw Fault(
                .busy, "prune \(prune.id) is under way", hint: "`holdfast runs wait \(prune.id)` waits for its end")
        }
        try catalog.adopt(old.unit, by: new.unit, try discoveryTerms(), actor: actor)
        guard let adopted = try catalog.database(old.unit) else { return found }
        let located = try locate(adopted)
        let request = RunRequest(
            .backup, database: found, unit: old.unit, backupKind: .progressive, origin: .scheduled, actor: actor)
        for case .success(let run) in try catalog.enqueue([request], at: clock) {
            startBackup(
                of: located, run,
                BackupOrder(kind: .progressive, origin: .scheduled, actor: actor, comment: "continues \(from)"))
        }
        return found
    }
}
