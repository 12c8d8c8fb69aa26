import Catalog
import Foundation
package import Model
import Platform
import Storage
package import Wire

extension HostService {
    package func download(_ id: BackupID, by actor: Actor) async throws -> Download {
        try await ask { host in
            let (_, record) = try host.library().choose("", id, at: nil)
            let download = try BackupDownload(of: record, in: try host.repositories.openForReading())
            try host.catalog.record(
                [
                    MessageDraft(
                        .info, .backupDownloaded, "download of backup \(record.id) of \(record.draft.database) began",
                        database: record.draft.database, actor: actor)
                ], at: WallClock.now())
            return download.wire()
        }
    }
}

/// A backup's file on its way out: a thread reads ahead a little, whoever downloads pulls.
private final class BackupDownload: Sendable {
    private static let chunkBytes = 1 << 20

    private let record: PointRecord
    private let file: ImageFile
    private let image: Image
    private let chunks = BoundedQueue<[UInt8]>(capacity: 4)

    init(of record: PointRecord, in repository: Repository) throws {
        self.record = record
        file = try record.fileToDownload()
        image = try repository.image(record.sequence, of: record.unit)
    }

    func wire() -> Download {
        Threads.start("download") { [self] in
            do {
                try ImageReader(image).stream(file: file.id) { bytes in
                    for start in stride(from: 0, to: bytes.count, by: Self.chunkBytes) {
                        try chunks.put(Array(bytes[start..<min(start + Self.chunkBytes, bytes.count)]))
                    }
                }
                chunks.close()
            } catch {
                chunks.fail(error)
            }
        }
        return Download(
            fileName: Files.name(of: file.path), length: ByteCount(file.length),
            next: { [self] in try await Threads.run("download") { try self.chunks.take() } },
            close: { [self] in chunks.fail(Fault(.interrupted, "the download has ended")) })
    }
}
