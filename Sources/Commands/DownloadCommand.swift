internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Synchronization
internal import Wire

struct DownloadCommand: AsyncParsableCommand, WorksAlone {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: "Get a backup as a file, without restoring it.",
        discussion: "Example: holdfast download 3fa91c07b2d4-42 -o app.db")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case native
    }

    @Argument(help: "The id of a backup.")
    var id: BackupID

    @Option(name: .shortAndLong, help: ArgumentHelp("The new file; refused when it exists.", valueName: "file"))
    var output: String

    @Option(help: "The form of the file.")
    var format = Format.native

    @OptionGroup var local: LocalOptions
    @OptionGroup var common: CommonOptions

    /// What `--json` prints.
    struct Outcome: Codable, Sendable {
        let backup: BackupID
        let path: String
        let size: ByteCount
    }

    func run() async throws {
        let path = try Paths.absolute(output)
        let sink = try DownloadSink(path)
        let bar = ProgressBar(common.terminal)
        let size: ByteCount
        do {
            size = try await receive(sink, bar)
            try sink.finish()
        } catch {
            sink.abandon()
            bar.clear()
            throw error
        }
        bar.clear()
        try common.terminal.show(Outcome(backup: id, path: path, size: size)) { "\(path): \(size)" }
    }

    private func receive(_ sink: DownloadSink, _ bar: ProgressBar) async throws -> ByteCount {
        let id = id
        if let repository = try await local.open(common.terminal) {
            return try await Threads.run("download") {
                try repository.download(id) {
                    try sink.write($0)
                } progress: {
                    bar.show($0, of: id.description)
                }
            }
        }
        try await common.client.download(id) {
            sink.expect($0)
        } write: { bytes in
            try sink.write(bytes)
            bar.show(sink.progress, of: id.description)
        }
        return sink.written
    }
}

/// A new file that gets its name only when it is whole and on disk.
private final class DownloadSink: Sendable {
    private let path: String
    private let temporary: String
    private let file: File
    private let counts = Mutex<(written: Int64, expected: ByteCount?)>((0, nil))

    init(_ path: String) throws {
        guard !Files.exists(path) else {
            throw Fault(.targetExists, "\(path) exists already", hint: "name a new file, or move that one away")
        }
        self.path = path
        temporary = "\(Files.parent(of: path))/.holdfast-\(Identifier.random())"
        file = try File.create(temporary, mode: 0o600)
    }

    var written: ByteCount { ByteCount(counts.withLock { $0.written }) }

    var progress: Progress {
        let (written, expected) = counts.withLock { $0 }
        return Progress(phase: "downloading", done: ByteCount(written), total: expected)
    }

    func expect(_ length: ByteCount?) { counts.withLock { $0.expected = length } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        let offset = counts.withLock { counts in
            defer { counts.written += Int64(bytes.count) }
            return counts.written
        }
        try file.write(bytes, at: offset)
    }

    func finish() throws {
        try file.sync()
        try Files.rename(temporary, to: path, replacing: false)
        try Files.syncDirectory(Files.parent(of: path))
    }

    func abandon() { try? Files.remove(temporary) }
}
