import Archiving
import Engines
import EnginesTestSupport
import Foundation
import Model
import Operations
import Platform
import Storage
import Synchronization
import Testing

/// Curves for `etc/bench --scale`: what is done with one database of so many bytes, and the memory that it takes.
///
/// `HOLDFAST_BENCH=1 HOLDFAST_SCALE_BYTES=68719476736 swift test -c release --filter ImageScaleBench`
@Suite(.enabled(if: ScaleSetting.isOn && ScaleSetting.text("BYTES") != nil), .serialized)
struct ImageScaleBench {
    private let bytes = Int64(ScaleSetting.text("BYTES") ?? "") ?? 0
    private let pageSize = Int(ScaleSetting.text("PAGE") ?? "") ?? 4096
    private let root: TestFolder
    private let engine: VastEngine
    private let repository: Repository
    private let unit: BackupUnit

    init() throws {
        root = try TestFolder()
        engine = VastEngine(bytes: bytes, pageSize: pageSize)
        let secret = KeySecret.keyFile(KeyBytes(copying: [UInt8](repeating: 7, count: 32)))
        repository = try Repository.create(at: root("repository"), secret: secret, label: "scale", now: WallClock.now())
        unit = BackupUnit(.random(), in: repository)
    }

    private var figures: ScaleFigures { ScaleFigures(size: "\(bytes >> 30) GiB") }

    @Test(.offThePool) func vastImage() async throws {
        figures.note("memory_before_mib", Double(ProcessMemory.bytes("VmRSS")) / 1_048_576)
        let first = try await backUp("image_full", .full)
        figures.note("image_stored_mib", Double(first.bytesStored.bytes) / 1_048_576)
        engine.change((0..<2000).map { UInt32($0 * 97) }, version: 1)
        let second = try await backUp("image_progressive", .progressive)
        try await figures.measure("image_merge_maps") { _ = try repository.mergeMaps(of: unit.id) }
        try await figures.measure("image_open") { _ = try unit.image(of: second.sequence) }
        try await readRange(of: second)
        try await figures.measure("image_verify_pages") { try ImageReader(try unit.image(of: 2)).read { _ in } }
        // Three of four pages of the first frames, so that they become mostly dead.
        engine.change((0 as UInt32..<87_381).filter { $0 % 4 != 0 }, version: 2)
        engine.forgetChanges()
        _ = try await backUp("image_compare", .progressive)
        _ = try await backUp("image_second_full", .full)
        try await figures.measure("image_prune_estimate") {
            _ = try repository.pruneEstimate(of: unit.id, deleting: [1, 2])
        }
        let report = try await figures.measure("image_prune") {
            try repository.prune(unit: unit.id, deleting: [1, 2])
        }
        #expect(report.damage.isEmpty)
        try await figures.measure("image_verify_after_prune") {
            try ImageReader(try unit.image(of: 4)).read { _ in }
        }
    }

    private func backUp(_ name: String, _ kind: BackupKind) async throws -> PointRecord {
        let order = BackupOrder(kind: kind, origin: .onDemand, actor: .daemon)
        let outcome = try await figures.measure(name) {
            try BackUp(
                engine: engine, database: FoundDatabase(name: DatabaseName("s/vast"), path: "/nowhere/vast"),
                server: "s", unit: unit, compression: .fast, order: order, started: WallClock.now()
            ).run()
        }
        guard case .made(let record, _, _, nil) = outcome else { throw Fault(.internalError, "no sound backup") }
        return record
    }

    /// The first GiB of the first file, in order.
    private func readRange(of record: PointRecord) async throws {
        struct Enough: Error {}
        let taken = Mutex<Int64>(0)
        try await figures.measure("image_read_1_gib") {
            let image = try unit.image(of: record.sequence)
            do {
                try ImageReader(image).stream(file: image.files[0].id) { bytes in
                    try taken.withLock { taken in
                        taken += Int64(bytes.count)
                        if taken >= 1 << 30 { throw Enough() }
                    }
                }
            } catch is Enough {}
        }
        #expect(taken.withLock { $0 } >= min(bytes, 1 << 30))
    }
}
