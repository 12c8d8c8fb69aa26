import Archiving
import Model
import Storage

/// A backup that was begun: it has its number and the image that it is built on.
struct PendingBackup {
    private let repository: Repository
    private let before: PointRecord?
    private let image: Image?
    private let writer: PointWriter

    init(
        to repository: Repository, unit: UnitID, fromNothing: Bool = false,
        inlineFrames: Int = PointWriter.inlineFrames, packFrames: Int = PointWriter.packFrames
    ) throws {
        self.repository = repository
        before = fromNothing ? nil : try repository.newest(of: unit)
        writer = try repository.startPoint(
            of: unit, compression: .fast, inlineFrames: inlineFrames, packFrames: packFrames)
        image = try before.map { try repository.image($0.sequence, of: unit) }
    }

    /// Compares all pages with the sealed hashes, stores what differs, commits.
    func finish(_ source: Source, chunkPages: Int = 8, damage: DamageList = DamageList()) throws -> PointRecord {
        do {
            var comparison = try image?.comparison(damage: damage, by: FrameBench())
            let workers = [try writer.worker(), try writer.worker()]
            var root = ImageRoot.empty
            var ordinal = 0
            let held = Set(image?.files.map(\.id) ?? [])
            for file in source.imageFiles {
                for start in stride(from: 0, to: Int(file.pages), by: chunkPages) {
                    let range = start..<min(start + chunkPages, Int(file.pages))
                    let pages = range.map { Source.bytes(of: source.files[file.id]?.pages[$0] ?? 0) }
                    let hashes = pages.map { page in page.withUnsafeBytes { repository.hasher.hash($0) } }
                    var expected = [PageHash?](repeating: nil, count: range.count)
                    var damaged: Set<Int> = []
                    if held.contains(file.id), comparison != nil {
                        (expected, damaged) =
                            try comparison?.expect(
                                file: file.id, pages: UInt32(range.lowerBound)..<UInt32(range.upperBound))
                            ?? (expected, damaged)
                    }
                    let worker = workers[ordinal % 2]
                    worker.begin(chunk: ordinal)
                    for (index, hash) in hashes.enumerated() {
                        root.add(file: file.id, page: UInt32(start + index), hash: hash, by: repository.hasher)
                        guard hash != expected[index] || damaged.contains(index) else { continue }
                        try pages[index].withUnsafeBytes {
                            try worker.add(
                                file: file.id, firstPage: UInt32(start + index), pageSize: Source.pageSize, bytes: $0,
                                hashes: [hash])
                        }
                    }
                    try worker.end()
                    ordinal += 1
                }
            }
            for worker in workers { try worker.finish() }
            var draft = Fixture.draft(
                kind: before == nil ? .full : .progressive, files: source.imageFiles, root: root, before: before)
            for file in before?.draft.files ?? [] {
                guard let now = source.files[file.id] else {
                    draft.gone.append(file.id)
                    continue
                }
                if now.pages.count < Int(file.pages) {
                    draft.cuts.append(FileCut(file: file.id, pages: UInt32(now.pages.count)))
                }
            }
            return try writer.commit(draft)
        } catch {
            writer.abandon()
            throw error
        }
    }
}
