import Archiving
import Glibc
import Model
import Platform
import Storage
package import Wire

/// Repositories opened by the command line itself: no daemon, no catalog, no network.
package struct LocalRepositories: RepositoryAccess {
    package init() {}

    package func create(at path: String, keyFile: String) throws -> any LocalRepository {
        let key = try RepositoryWork.keyFile(keyFile)
        let label = Files.name(of: keyFile)
        let repository = try Repository.create(
            at: path, secret: .keyFile(key), label: label, now: WallClock.now())
        return OpenRepository(repository, secret: .keyFile(key))
    }

    package func makeKeyFile(_ path: String) throws -> Bool {
        let isMissing = try Files.status(path) == nil
        _ = try RepositoryWork.keyFile(path)
        return isMissing
    }

    package func newRecoveryWords() throws -> String { try RecoveryKey.random().words().joined(separator: " ") }

    package func open(at path: String, with secret: RepositorySecret) throws -> any LocalRepository {
        let secret: KeySecret =
            switch secret {
            case .keyFile(let file): .keyFile(try RepositoryDoor.keyBytes(file, of: path))
            case .passphrase(let bytes): .passphrase(KeyBytes(copying: bytes))
            case .recovery(let words): .recovery(try RecoveryKey(words: words))
            }
        return OpenRepository(try Repository.open(at: path, secret: secret, for: .reading), secret: secret)
    }
}

extension DrillBackup {
    /// Done here and now, told as a run that has ended.
    fileprivate func asRun() throws -> Wire::Run {
        let started = WallClock.now()
        let result = try run()
        let fault = result.failure(name)
        return Wire::Run(
            id: "0", kind: .drill, state: fault == nil ? .succeeded : .failed, database: name,
            actor: Principal(.daemon), created: started, started: started, finished: WallClock.now(),
            outcome: fault == nil ? result.success(name) : nil, fault: fault.map { ProblemObject($0) },
            backup: result.backup)
    }
}

/// Reads without a lock; what writes opens the repository again for writing, which a running daemon refuses.
private struct OpenRepository: LocalRepository {
    private let repository: Repository
    private let secret: KeySecret

    init(_ repository: Repository, secret: KeySecret) {
        self.repository = repository
        self.secret = secret
    }

    var path: String { repository.location }

    private var library: BackupLibrary { BackupLibrary(repository) }
    private var work: RepositoryWork { RepositoryWork(repository) }

    private func writing<Value>(_ body: (RepositoryWork) throws -> Value) throws -> Value {
        if repository.isWritable { return try body(work) }
        return try body(RepositoryWork(try Repository.open(at: path, secret: secret, for: .writing)))
    }

    func databases() throws -> [Database] {
        try library.units().map { name, unit in
            var backups = try UnitBackups(of: unit)
            var (last, count, proven): (PointRecord?, Int, Instant?) = (nil, 0, nil)
            while let item = try backups.next() {
                guard item.mark.deleted == nil else { continue }
                last = last ?? item.record
                count += 1
                proven = [proven, item.mark.proofs[.restore]].compactMap(\.self).max()
            }
            let newest = try unit.newest()
            var database = Database(
                name: name, server: newest?.draft.server ?? name.server, path: newest?.draft.sourcePath ?? "",
                engine: newest?.draft.engine ?? "", state: .unreachable,
                size: last.map { ByteCount($0.draft.files.reduce(0) { $0 + $1.length }) }, backups: count)
            database.lastBackup = last?.draft.instant
            database.lastBackupId = last?.id
            database.lastProven = proven
            return database
        }
    }

    func backups(_ filter: BackupFilter) throws -> [Backup] { try library.backups(filter) }
    func backup(_ id: BackupID) throws -> Backup { try library.backup(id) }

    func restore(_ request: RestoreRequest, progress: @escaping @Sendable (Progress) -> Void) throws -> RestoreResult {
        if let name = try library.member(named: request.database, of: request.backup, known: []) {
            return try restore(name, request, progress)
        }
        let plan = try RestorePlan(request, library: library, roots: nil)
        try plan.refuseClients(request)
        try plan.target.requireWritable()
        if request.dryRun {
            return RestoreResult(
                backup: plan.record.id, database: plan.name, instant: plan.record.draft.instant,
                path: plan.target.path, size: plan.size, recovery: plan.recovery?.shown)
        }
        let intent = "\(Files.parent(of: plan.target.path))/.\(Files.name(of: plan.target.path)).restore-intent"
        if plan.isInPlace, Files.exists(intent) { _ = try FileSwap.resume(intent: intent, of: plan.target.path) }
        return try LocalProgress.report("restoring", total: plan.size, to: progress) { step in
            var result = try plan.perform(intent: intent, step: step, check: { try plan.refuseClients(request) })
            if request.discardReplaced, let replaced = result.replaced {
                try Files.removeTree(replaced)
                result.replaced = nil
            }
            return result
        }
    }

    /// One database of a server that is backed up as one, to a file.
    private func restore(
        _ name: DatabaseName, _ request: RestoreRequest, _ progress: @escaping @Sendable (Progress) -> Void
    ) throws -> RestoreResult {
        guard let path = request.to else {
            throw Fault(
                .wrongUsage, "\(name) is restored in place by the daemon, which knows its server",
                hint: "restore it to a file with --to, and load that with `pg_restore --create`")
        }
        let restore = try MemberRestore(name, request, library: library, scratch: Self.scratch)
        let target = try RestoreTarget.new(path, sidecars: { _ in [] }, roots: nil)
        try target.requireWritable()
        if request.dryRun {
            return RestoreResult(
                backup: restore.record.id, database: name, instant: restore.record.draft.instant, path: target.path,
                size: restore.size, recovery: restore.recovery?.shown)
        }
        return try LocalProgress.report("restoring", total: nil, to: progress) { step in
            try restore.toFile(target, step: step)
        }
    }

    func download(
        _ id: BackupID, write: (UnsafeRawBufferPointer) throws -> Void, progress: @escaping @Sendable (Progress) -> Void
    ) throws -> ByteCount {
        let (unit, record) = try library.choose("", id, at: nil)
        let file = try record.fileToDownload()
        let reader = try ImageReader(try unit.image(of: record.sequence))
        try LocalProgress.report("downloading", total: ByteCount(file.length), to: progress) { step in
            try reader.stream(file: file.id) { bytes in
                try write(bytes)
                try step(bytes.count)
            }
        }
        return ByteCount(file.length)
    }

    func verify(_ request: VerifyRequest, progress: @escaping @Sendable (Progress) -> Void) throws -> VerifyReport {
        try LocalProgress.report("verifying", total: nil, to: progress) { step in
            let verify = VerifyAll(
                library: library, scratch: Self.scratch, actor: .daemon, leavesProofs: false, step: step)
            return try verify.run(try verify.choose(request), request.level).0
        }
    }

    func drill(_ request: DrillRequest, progress: @escaping @Sendable (Progress) -> Void) throws -> DrillReply {
        try request.check()
        var orders: [(name: DatabaseName, unit: BackupUnit, sequence: SequenceNumber?)] = []
        if let id = request.backup {
            let (unit, record) = try library.choose("", id, at: nil)
            orders = [(record.draft.database, unit, record.sequence)]
        } else {
            let units = try library.units()
            let names = units.map(\.name)
            let wanted = Set(request.all ? names : try NameSelection.several(request.databases, among: names))
            orders = units.filter { wanted.contains($0.name) }.map { ($0.name, $0.unit, nil) }
        }
        return DrillReply(
            runs: try orders.map { order in
                try LocalProgress.report("restoring", total: nil, to: progress) { step in
                    try DrillBackup(
                        order.unit, order.name, order.sequence, scratch: Self.scratch, leavesProof: false, step: step
                    ).asRun()
                }
            })
    }

    func check(progress: @escaping @Sendable (Progress) -> Void) throws -> RepositoryCheck {
        try LocalProgress.report("checking", total: nil, to: progress) { step in
            try work.check(by: .daemon, leavesDamage: false) { try step(Int($0)) }
        }
    }

    func space() throws -> RepositorySpace { try work.space(countsDead: true) }
    func keys() throws -> [Wire::KeySlot] { try work.keys() }

    func addKey(_ request: KeyRequest) throws -> KeyReply {
        // One folder is asked whose it is and has its keys given: another may be put in its place meanwhile.
        let folder = geteuid() == 0 ? try File.open(path, .readOnly) : nil
        let reply = try writing { try $0.addKey(request) }
        // What root has written is the daemon's, which couldn't read it else.
        if let folder { try Files.giveTree("keys", toOwnerOf: folder) }
        return reply
    }

    func removeKey(_ slot: String) throws -> Wire::KeySlot { try writing { try $0.removeKey(slot) } }

    /// Where trial restores of the command line go.
    private static let scratch = "/var/tmp"
}
