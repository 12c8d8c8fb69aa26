import Archiving
import Model

/// Part of an image, cut so that its frames can be read in the order in which they lie.
struct PageWindow: Sendable {
    struct Run: Sendable {
        var file: UInt32
        var firstPage: UInt32
        var count: UInt32
        var place: PagePlace
        /// Of the first page, in `hashes`.
        var hashes: Int
    }

    /// By object, frame and slot.
    var runs: [Run] = []
    var hashes: [PageHash] = []
    /// For each frame, its position in `runs`; one more at the end.
    private(set) var frames: [Int] = []

    var frameCount: Int { max(0, frames.count - 1) }
    var pages: Int { hashes.count }

    mutating func append(_ run: ImageRun) {
        runs.append(
            Run(
                file: run.file, firstPage: run.firstPage, count: UInt32(run.count), place: run.place,
                hashes: hashes.count))
        hashes.append(contentsOf: run.hashes)
    }

    mutating func sort() {
        runs.sort {
            ($0.place.object, $0.place.frame, $0.place.slot) < ($1.place.object, $1.place.frame, $1.place.slot)
        }
        frames.removeAll(keepingCapacity: true)
        for index in runs.indices {
            let isNew =
                index == 0 || runs[index].place.object != runs[index - 1].place.object
                || runs[index].place.frame != runs[index - 1].place.frame
            if isNew { frames.append(index) }
        }
        frames.append(runs.count)
    }

    mutating func clear() {
        runs.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
    }

    /// The runs of a frame.
    func runs(ofFrame index: Int) -> ArraySlice<Run> { runs[frames[index]..<frames[index + 1]] }
}
