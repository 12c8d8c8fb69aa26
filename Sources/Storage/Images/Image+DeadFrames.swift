import Archiving
import Model

extension Image {
    /// Frames more than half of whose pages are no longer in this image.
    ///
    /// Reading the image unpacks them for little. A full that takes them for damaged (`DamageList.formUnion`) stores
    /// their live pages again, so that the cost of a restore stays bounded. Holds a few bytes for each frame.
    package func mostlyDeadFrames() throws -> DamageList {
        let bench = try FrameBench()
        var live: [Int: [UInt32: Int]] = [:]
        var cursor = cursor(by: bench)
        while let run = try cursor.next() {
            live[run.place.object, default: [:]][run.place.frame, default: 0] += run.count
        }
        var dead = DamageList()
        for object in live.keys.sorted() {
            let name = table.name(object)
            // A damaged object is for `check` to find; it keeps nobody from looking at the others.
            guard let reader = try? unit.open(name, by: bench) else { continue }
            let frames = (live[object] ?? [:]).filter { frame, pages in
                guard frame < reader.contents.entries.count else { return false }
                let entry = reader.contents.entries[Int(frame)]
                return pages * 2 < reader.contents.runs(of: entry).reduce(0) { $0 + Int($1.count) }
            }
            if !frames.isEmpty { dead.insert(DamageList.Item(object: name, frames: frames.keys.sorted())) }
        }
        return dead
    }
}
