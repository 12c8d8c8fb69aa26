/// Consecutive pages of one file, in consecutive slots of a page frame.
package struct PageRun: Sendable, Hashable {
    package var file: UInt32
    /// Counted from 0.
    package var firstPage: UInt32
    package var count: UInt32

    package init(file: UInt32, firstPage: UInt32, count: UInt32) {
        self.file = file
        self.firstPage = firstPage
        self.count = count
    }
}
