import Archiving

/// Consecutive pages of one file that lie in consecutive slots of one page frame.
package struct Extent: Sendable, Hashable {
    /// Bytes in a delta frame.
    static let length = 24

    package var file: UInt32
    /// Counted from 0.
    package var firstPage: UInt32
    package var count: UInt32
    /// Position in the object table of the delta or map.
    package var object: UInt32
    package var frame: UInt32
    package var slot: UInt32

    package init(file: UInt32, firstPage: UInt32, count: UInt32, object: UInt32, frame: UInt32, slot: UInt32) {
        self.file = file
        self.firstPage = firstPage
        self.count = count
        self.object = object
        self.frame = frame
        self.slot = slot
    }

    var start: PageKey { PageKey(file: file, page: firstPage) }
    /// One past the last page.
    var end: PageKey { PageKey(value: start.value + UInt64(count)) }

    /// Whether `next` goes on where this ends, in image and in frame.
    func continues(with next: Extent) -> Bool {
        next.object == object && next.frame == frame && next.file == file && next.firstPage == firstPage &+ count
            && next.slot == slot &+ count
    }
}
