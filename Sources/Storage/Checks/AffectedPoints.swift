import Archiving
import Model

/// Which backups need damaged objects: exact, by reading the places of each image.
struct AffectedPoints {
    let unit: UnitStore
    let damage: [DamageList.Item]

    /// - Returns: for each damaged item, the backups among `points` that can't be restored whole because of it.
    func list(among points: [SequenceNumber]) throws -> [[BackupID]] {
        var affected = [[BackupID]](repeating: [], count: damage.count)
        let first = damage.map(\.object.sequence).min() ?? 0
        for point in points where point >= first {
            for index in try culprits(of: point) { affected[index].append(BackupID(unit: unit.unit, sequence: point)) }
        }
        return affected
    }

    private func culprits(of point: SequenceNumber) throws -> Set<Int> {
        let bench = try FrameBench()
        do {
            let image = try Image(of: point, in: unit, by: bench)
            var cursor = image.cursor(by: bench)
            // A point with damage of its own counts, also where maps or pages can make up for it.
            var culprits = Set(damage.indices.filter { damage[$0].object == .point(point) })
            while let run = try cursor.next() {
                let object = image.table.name(run.place.object)
                for (index, item) in damage.enumerated() where item.object == object {
                    if item.frames?.contains(run.place.frame) ?? true { culprits.insert(index) }
                }
            }
            return culprits
        } catch let fault as Fault where fault.code == .notFound {
            return []
        } catch let fault as Fault where fault.code.isDamage {
            return layers(of: point)
        }
    }

    /// The image can't be put together at all: the damaged deltas that it is made of.
    private func layers(of point: SequenceNumber) -> Set<Int> {
        guard let chain = try? unit.chain() else { return Set(damage.indices) }
        let needed = Set(
            LayerCover.parts(of: 1...point, maps: chain.maps, head: chain.head).map { part -> ObjectName in
                switch part {
                case .delta(let sequence): .point(sequence)
                case .folded(let range): chain.layer(of: range)
                case .map(let range): chain.name(ofMap: range)
                }
            } + [.point(point)])
        return Set(damage.indices.filter { needed.contains(damage[$0].object) })
    }
}
