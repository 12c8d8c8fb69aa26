import Archiving
import Catalog
import Engines
package import Model
import Platform
import Settings
import Storage
package import Wire

extension HostService {
    package func repositorySpace(for actor: Actor) async throws -> RepositorySpace {
        try await ask { host in try host.space(countsDead: true) }
    }

    package func checkRepository(by actor: Actor) async throws -> RepositoryCheck {
        try await ask { host in
            let check: RepositoryCheck
            do {
                let repository = try host.repositories.open()
                check = try RepositoryWork(repository).check(by: actor, leavesDamage: true) { _ in }
            } catch {
                var draft = MessageDraft(.error, Fault.wrapping(error), actor: actor)
                draft.text = "the check of the repository failed: \(draft.text)"
                host.say([draft])
                throw error
            }
            let text =
                check.isGood
                ? "checked \(check.objects) objects of the repository, \(check.bytes): nothing wrong"
                : "the check of the repository found damage: \(check.findings[0].message)"
            try host.catalog.record(
                [
                    MessageDraft(
                        check.isGood ? .success : .error, check.isGood ? .repositoryChecked : .repositoryDamaged, text,
                        actor: actor)
                ], at: WallClock.now())
            return check
        }
    }

    package func keys(for actor: Actor) async throws -> [Wire::KeySlot] {
        try await ask { host in try RepositoryWork(try host.repositories.openForReading()).keys() }
    }

    /// The daemon reads and makes key files as root, so only root may name one.
    /// - Throws: `not-permitted`.
    package func addKey(_ request: KeyRequest, by actor: Actor) async throws -> KeyReply {
        try await ask { host in
            guard request.kind != .keyFile || actor.isRoot else {
                throw Fault(
                    .notPermitted, "only root may add a key file as a key",
                    hint: "run the command as root, or add a passphrase or a recovery key")
            }
            let reply = try RepositoryWork(try host.repositories.open()).addKey(request)
            try host.catalog.record(
                [
                    MessageDraft(
                        .info, .keyAdded,
                        "a \(reply.slot.kind.rawValue) key was added to the repository: \(reply.slot.id)",
                        actor: actor)
                ], at: WallClock.now())
            return reply
        }
    }

    package func removeKey(_ slot: String, by actor: Actor) async throws -> Wire::KeySlot {
        try await ask { host in
            let removed = try RepositoryWork(try host.repositories.open()).removeKey(slot)
            try host.catalog.record(
                [
                    MessageDraft(
                        .warning, .keyRemoved, "key \(removed.id) was removed from the repository", actor: actor,
                        hint: "whoever kept a copy of it can still open older copies of the repository")
                ], at: WallClock.now())
            return removed
        }
    }
}

extension Actor {
    fileprivate var isRoot: Bool {
        if case .user(uid: 0, name: _) = self { true } else { false }
    }
}

extension Host {
    func space(countsDead: Bool = false) throws -> RepositorySpace {
        var space = try RepositoryWork(try repositories.openForReading()).space(countsDead: countsDead)
        let device = try Files.status(space.path)?.device
        space.sameDiskAsSource = try catalog.databases().filter { record in
            device != nil && (try? Files.status(record.path))??.device == device
        }.map(\.name)
        return space
    }
}
