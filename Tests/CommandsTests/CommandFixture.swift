import Commands
import Model
import Settings
import Synchronization
import Wire
import WireTestSupport

/// Runs commands as a person or a script would, and keeps what they say.
final class CommandFixture: Sendable {
    let repositories = FakeRepositories()
    private let printed = Mutex("")
    private let complained = Mutex("")
    private let typed: Mutex<[String]>
    private let isTerminal: Bool
    private let connectionFault: @Sendable (ServerSettings) -> Fault?
    private let site: SetupSite?
    private let settingsPath: String

    /// - Parameter typed: lines typed at prompts; nil means that there is no terminal.
    init(
        typed: [String]? = nil, site: SetupSite? = nil, settingsPath: String = "/nonexistent/holdfast.toml",
        connectionFault: @escaping @Sendable (ServerSettings) -> Fault? = { _ in nil }
    ) {
        self.site = site
        self.settingsPath = settingsPath
        self.connectionFault = connectionFault
        self.typed = Mutex(typed ?? [])
        isTerminal = typed != nil
    }

    var output: String { printed.withLock { $0 } }
    var errors: String { complained.withLock { $0 } }

    func run(_ arguments: String...) async -> Int32 { await run(arguments) }

    func run(_ arguments: [String]) async -> Int32 {
        printed.withLock { $0 = "" }
        complained.withLock { $0 = "" }
        let surroundings = Surroundings(
            output: { text in self.printed.withLock { $0 += text } },
            errors: { text in self.complained.withLock { $0 += text } }, errorsAreTerminal: isTerminal,
            inputIsTerminal: isTerminal, readLine: { self.nextLine() }, readSecret: { _ in self.nextLine() },
            repositories: repositories, settingsPath: settingsPath,
            connectionFault: connectionFault, site: site)
        return await HoldfastCommand.run(arguments, in: surroundings)
    }

    private func nextLine() -> String? { typed.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}

/// Repositories that note what they were asked.
final class FakeRepositories: RepositoryAccess {
    let notes = Mutex<[String]>([])
    let restores = Mutex<[RestoreRequest]>([])

    func note(_ text: String) { notes.withLock { $0.append(text) } }
    var noted: [String] { notes.withLock { $0 } }

    func create(at path: String, keyFile: String) throws -> any LocalRepository {
        note("create \(path) \(keyFile)")
        return FakeRepository(path: path, access: self)
    }

    func makeKeyFile(_ path: String) throws -> Bool {
        note("make \(path)")
        return path != "/k"
    }

    func newRecoveryWords() throws -> String { "these are words" }

    func open(at path: String, with secret: RepositorySecret) throws -> any LocalRepository {
        switch secret {
        case .keyFile(let file): note("open \(path) key \(file)")
        case .passphrase(let bytes): note("open \(path) passphrase \(String(decoding: bytes, as: UTF8.self))")
        case .recovery: note("open \(path) recovery")
        }
        guard !path.hasSuffix("missing") else { throw Fault(.repositoryMissing, "no repository at \(path)") }
        return FakeRepository(path: path, access: self)
    }
}

struct FakeRepository: LocalRepository {
    let path: String
    let access: FakeRepositories

    func databases() throws -> [Database] { [Samples.database] }
    func backups(_ filter: BackupFilter) throws -> [Backup] { [Samples.backup] }
    func backup(_ id: BackupID) throws -> Backup { Samples.backup }

    func restore(_ request: RestoreRequest, progress: (Progress) -> Void) throws -> RestoreResult {
        access.restores.withLock { $0.append(request) }
        progress(Progress(phase: "writing", done: ByteCount(1), total: ByteCount(2)))
        return RestoreResult(
            backup: Samples.backupID, database: Samples.name, instant: Samples.instant,
            path: request.to ?? "/\u{301}srv/app.db", size: ByteCount(4096),
            replaced: request.inPlace ? "/\u{301}srv/aside" : nil)
    }

    func download(
        _ id: BackupID, write: (UnsafeRawBufferPointer) throws -> Void, progress: (Progress) -> Void
    ) throws -> ByteCount {
        try Array("content".utf8).withUnsafeBytes { try write($0) }
        return ByteCount(7)
    }

    func verify(_ request: VerifyRequest, progress: (Progress) -> Void) throws -> VerifyReport {
        let finding = Finding(code: .packDamaged, message: "cannot read pack 1", backups: [Samples.backupID])
        let isBad = request.level == .restore
        return VerifyReport(level: request.level, checked: 1, bytes: ByteCount(10), findings: isBad ? [finding] : [])
    }

    func drill(_ request: DrillRequest, progress: (Progress) -> Void) throws -> DrillReply {
        access.note("drill \(request.databases) all=\(request.all)")
        return DrillReply(runs: [Samples.run("0", .succeeded)])
    }

    func check(progress: (Progress) -> Void) throws -> RepositoryCheck {
        RepositoryCheck(objects: 3, bytes: ByteCount(10))
    }

    func space() throws -> RepositorySpace { Samples.space }

    func keys() throws -> [KeySlot] {
        ["1", "2"].map { KeySlot(id: $0, kind: .keyFile, label: "", created: Samples.instant) }
    }

    func addKey(_ request: KeyRequest) throws -> KeyReply {
        access.note("add \(request.kind.rawValue) \(request.passphrase ?? "")")
        return KeyReply(
            slot: KeySlot(id: "3", kind: request.kind, label: request.label, created: Samples.instant),
            recoveryWords: request.kind == .recovery ? "babab dadad" : nil)
    }

    func removeKey(_ slot: String) throws -> KeySlot {
        access.note("remove \(slot)")
        return KeySlot(id: slot, kind: .keyFile, label: "", created: Samples.instant)
    }
}
