import Archiving
import Model
import Platform
import Storage
import Wire

/// What concerns a repository as a whole, with or without a daemon.
struct RepositoryWork {
    let repository: Repository

    init(_ repository: Repository) { self.repository = repository }

    /// Opens every stored byte.
    /// - Parameter leavesDamage: notes damaged frames, so that the next full stores their pages again.
    func check(
        by actor: Actor, leavesDamage: Bool, progress: @escaping @Sendable (UInt64) throws -> Void
    ) throws -> RepositoryCheck {
        let report = try repository.check(progress: progress)
        if leavesDamage {
            for (unit, damage) in report.damage {
                try repository.noteDamage(damage, of: unit, at: WallClock.now(), by: actor)
            }
        }
        let names = Dictionary(
            try BackupLibrary(repository).units().map { ($0.unit.id, $0.name) },
            uniquingKeysWith: { first, _ in first })
        return RepositoryCheck(
            objects: report.objects, bytes: report.bytes,
            findings: report.findings.map { finding in
                Finding(
                    code: finding.fault.code, message: finding.fault.message, object: finding.object,
                    backups: finding.affected, databases: finding.unit.flatMap { names[$0] }.map { [$0] } ?? [])
            })
    }

    /// - Parameter countsDead: also what no backup needs; reads the maps of every unit.
    func space(countsDead: Bool = false) throws -> RepositorySpace {
        let report = try repository.space()
        var space = RepositorySpace(
            path: repository.location, id: repository.id, used: report.used, free: report.free, total: report.total,
            backups: report.units.reduce(0) { $0 + $1.backups })
        guard countsDead else { return space }
        space.dead = try repository.units().reduce(ByteCount.zero) { sum, unit in
            sum + (try repository.pruneEstimate(of: unit, deleting: []).dead)
        }
        return space
    }

    func keys() throws -> [Wire::KeySlot] { try repository.keys().map { Wire::KeySlot($0) } }

    /// - Throws: `wrong-usage`; `not-permitted` for a key file that others may read.
    func addKey(_ request: KeyRequest) throws -> KeyReply {
        switch request.kind {
        case .passphrase:
            guard let passphrase = request.passphrase, !passphrase.isEmpty else {
                throw Fault(.wrongUsage, "a passphrase key needs a passphrase")
            }
            let secret = KeySecret.passphrase(KeyBytes(copying: Array(passphrase.utf8)))
            return KeyReply(slot: try add(secret, request.label))
        case .keyFile:
            guard let path = request.keyFile, path.begins(with: "/") else {
                throw Fault(.wrongUsage, "a key file key needs the absolute path of the file")
            }
            return KeyReply(slot: try add(.keyFile(try Self.keyFile(path)), request.label))
        case .recovery:
            if let words = request.recoveryWords {
                return KeyReply(slot: try add(.recovery(try RecoveryKey(words: words)), request.label))
            }
            let key = try RecoveryKey.random()
            let words = try key.words().joined(separator: " ")
            return KeyReply(slot: try add(.recovery(key), request.label), recoveryWords: words)
        }
    }

    /// - Parameter typed: the slot's identifier or the beginning of one.
    /// - Throws: `not-found`, `ambiguous-name`, `last-key`.
    func removeKey(_ typed: String) throws -> Wire::KeySlot {
        let found = try repository.keys().filter { !typed.isEmpty && $0.id.description.hasPrefix(typed) }
        guard let slot = found.first else {
            throw Fault(.notFound, "there is no key \(typed)", hint: "see `holdfast repository keys list`")
        }
        guard found.count == 1 else {
            throw Fault(.ambiguousName, "\(found.count) keys begin with \(typed)", hint: "type more digits")
        }
        try repository.removeKey(slot.id)
        return Wire::KeySlot(slot)
    }

    /// The content of a key file, which is made with 32 random bytes and mode 0600 when missing; durable then.
    static func keyFile(_ path: String) throws -> KeyBytes {
        if try Files.status(path) == nil {
            let text = Hexadecimal.encode(try Randomness.bytes(32)) + "\n"
            try Files.writeDurably(Array(text.utf8), to: path, mode: 0o600, replacing: false)
        }
        return try RepositoryDoor.keyBytes(path)
    }

    private func add(_ secret: KeySecret, _ label: String) throws -> Wire::KeySlot {
        Wire::KeySlot(try repository.addKey(secret, label: label, now: WallClock.now()))
    }
}

extension Wire::KeySlot {
    init(_ slot: Archiving::KeySlot) {
        let kind: KeyKind =
            switch slot.kind {
            case .passphrase: .passphrase
            case .keyFile: .keyFile
            case .recovery: .recovery
            }
        self.init(id: slot.id.description, kind: kind, label: slot.label, created: slot.created)
    }
}
