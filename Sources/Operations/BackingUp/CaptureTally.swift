import Archiving

/// What a capture has seen and stored; summed over threads.
struct CaptureTally: Sendable {
    /// Over all pages read.
    var scanned = ImageRoot.empty
    /// Sealed hashes met in the image before, of pages read and of pages that are no more.
    var met = ImageRoot.empty
    /// Sealed hashes that this backup replaces or ends.
    var replaced = ImageRoot.empty
    /// Hashes that this backup stores.
    var stored = ImageRoot.empty
    var pagesRead: UInt64 = 0
    var bytesRead: UInt64 = 0
    /// Of the delta: how many pieces it has so far.
    var chunks = 0
    var pagesStored: UInt64 = 0
    /// Pages that differ from their sealed hash, stored-again damage not counted.
    var pagesChanged: UInt64 = 0
    /// Of these, pages that the change finder had not named.
    var pagesDrifted: UInt64 = 0

    mutating func add(_ other: CaptureTally) {
        scanned.add(other.scanned)
        met.add(other.met)
        replaced.add(other.replaced)
        stored.add(other.stored)
        pagesRead += other.pagesRead
        bytesRead += other.bytesRead
        chunks += other.chunks
        pagesStored += other.pagesStored
        pagesChanged += other.pagesChanged
        pagesDrifted += other.pagesDrifted
    }

    /// The root of the new image, by what is stored.
    func yields(from root: ImageRoot) -> ImageRoot {
        var yielded = root
        yielded.remove(replaced)
        yielded.add(stored)
        return yielded
    }
}
