import Archiving
import Model

extension Image {
    /// Frames that a full stores again at most: what is left is for the next one.
    private static let deadFramesAtOnce = 1 << 18

    /// Frames more than half of whose pages are no longer in this image.
    ///
    /// Reading the image unpacks them for little. A full that takes them for damaged (`DamageList.formUnion`) stores
    /// their live pages again, so that the cost of a restore stays bounded. Holds two bytes for each frame of the image,
    /// 8 MiB for one of 1 TiB, and names at most `deadFramesAtOnce`.
    package func mostlyDeadFrames() throws -> DamageList {
        let bench = try FrameBench()
        // By object and frame: pages that are in the image.
        var live: [[UInt16]] = []
        var cursor = cursor(by: bench)
        while let run = try cursor.next() {
            let (object, frame) = (run.place.object, Int(run.place.frame))
            if object >= live.count { live += Array(repeating: [], count: object + 1 - live.count) }
            if frame >= live[object].count {
                live[object] += Array(repeating: 0, count: max(frame + 1 - live[object].count, live[object].count / 4))
            }
            live[object][frame] = UInt16(clamping: Int(live[object][frame]) + run.count)
        }
        var dead = DamageList()
        var rest = Self.deadFramesAtOnce
        for object in live.indices where rest > 0 {
            let frames = try mostlyDead(live[object], object, by: bench).prefix(rest)
            rest -= frames.count
            if !frames.isEmpty { dead.insert(DamageList.Item(object: table.name(object), frames: Array(frames))) }
        }
        return dead
    }

    private func mostlyDead(_ live: [UInt16], _ object: Int, by bench: FrameBench) throws -> [UInt32] {
        // A damaged object is for `check` to find; it keeps nobody from looking at the others.
        guard live.contains(where: { $0 > 0 }), let reader = try? unit.open(table.name(object), by: bench) else {
            return []
        }
        return live.indices.filter { frame in
            guard live[frame] > 0, frame < reader.contents.entries.count else { return false }
            let pages = reader.contents.runs(of: reader.contents.entries[frame]).reduce(0) { $0 + Int($1.count) }
            return Int(live[frame]) * 2 < pages
        }.map(UInt32.init)
    }
}
