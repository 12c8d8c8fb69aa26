package import Archiving
import Model

/// What an image holds of the pages that a scan of the source comes to, in ascending order.
package struct ImageComparison {
    private let image: Image
    private let damage: DamageList
    private var cursor: ImageCursor
    private var run: ImageRun?

    init(_ image: Image, damage: DamageList, by bench: FrameBench) {
        self.image = image
        self.damage = damage
        cursor = image.cursor(by: bench)
    }

    /// The sealed hashes of these pages; nil where the image holds none.
    ///
    /// - Parameters:
    ///   - file: a file of the image; not before the file of the last call.
    ///   - pages: starting at or after the end of the last call's.
    /// - Returns: `damaged` has the places, relative to the range, of pages whose stored bytes are known to be damaged: to
    ///   be stored again whatever their hash.
    package mutating func expect(
        file: UInt32, pages: Range<UInt32>
    ) throws -> (hashes: [PageHash?], damaged: Set<Int>) {
        var hashes = [PageHash?](repeating: nil, count: pages.count)
        var damaged: Set<Int> = []
        let start = PageKey(file: file, page: pages.lowerBound)
        let end = PageKey(value: start.value + UInt64(pages.count))
        if (run?.end ?? .first) <= start {
            cursor.move(to: start)
            run = try cursor.next()
        }
        while let run, run.start < end {
            let from = max(run.start.value, start.value)
            let to = min(run.end.value, end.value)
            let isDamaged = !damage.isEmpty && damage.contains(run.place.frame, of: image.table.name(run.place.object))
            for key in from..<max(from, to) {
                let position = Int(key - start.value)
                hashes[position] = run.hashes[run.hashes.startIndex + Int(key - run.start.value)]
                if isDamaged { damaged.insert(position) }
            }
            guard run.end <= end else { break }
            self.run = try cursor.next()
        }
        return (hashes, damaged)
    }
}
