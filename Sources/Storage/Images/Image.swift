package import Archiving
import Model

/// The pages of one recovery point: which there are, where each lies, and its hash.
///
/// Opening reads the point's record and those of a bounded number of maps and deltas; the places are streamed by cursors.
package final class Image: Sendable {
    package let record: PointRecord

    let unit: UnitStore
    let table = ObjectTable()
    /// Keeps a prune from deleting what this reads.
    private let reading: UnitAccess.Reading
    private let chain: Chain
    private let layers: [any ImageLayer]

    init(of sequence: SequenceNumber, in unit: UnitStore, by bench: FrameBench) throws {
        self.unit = unit
        // Before anything is looked up: what is found then stays.
        reading = unit.access.beginReading()
        chain = try unit.chain()
        guard chain.head?.lists(sequence) ?? true else {
            throw Fault(.notFound, "backup \(BackupID(unit: unit.unit, sequence: sequence)) was deleted")
        }
        record = try unit.record(of: unit.open(.point(sequence), by: bench), by: bench)
        guard !record.isVoid else { throw Fault(.notFound, "\(record.id) is not a backup: it fences a writer") }
        layers = try unit.layers(of: 1...sequence, in: chain, by: bench)
    }

    package var files: [ImageFile] { record.draft.files }
    package var root: ImageRoot { record.draft.postRoot }
    /// Pages of all files.
    package var pages: UInt64 { files.reduce(0) { $0 + UInt64($1.pages) } }
    /// Objects that cursors have met so far; positions are the `object` of places.
    package var objects: [ObjectName] { table.names }

    /// A cursor before the first page.
    /// - Parameter bench: used by the cursor, so by its thread only.
    package func cursor(by bench: FrameBench) -> ImageCursor {
        ImageCursor(layers, of: unit, in: chain, table: table, by: bench)
    }

    /// Sealed hashes for a scan of the source in ascending order of file and page.
    package func comparison(damage: DamageList = DamageList(), by bench: FrameBench) -> ImageComparison {
        ImageComparison(self, damage: damage, by: bench)
    }

    /// Objects that hold the layers.
    var layerObjects: [ObjectName] { layers.map(\.object) }
}
