import Model

/// The page versions of a stretch of files, while backups are gone through from old to new.
///
/// Memory: 16 bytes for each page of the stretch, at most `pageLimit` pages.
struct VersionWindow {
    static let pageLimit = 1 << 20

    /// Part of one file.
    struct Stretch {
        var file: UInt32
        var pages: Range<UInt32>
        /// Of its first page in the window.
        var offset: Int
    }

    private struct Slot {
        var share: UInt64 = 0
        /// Position of the object; -1 for no version.
        var object: Int32 = -1
    }

    let stretches: [Stretch]
    private var slots: [Slot]
    private let objects: [StoredObject]
    private let byFile: [UInt32: Int]

    /// - Parameter objects: what positions in `insert` refer to.
    init(_ stretches: [Stretch], objects: [StoredObject]) {
        self.stretches = stretches
        self.objects = objects
        slots = [Slot](repeating: Slot(), count: stretches.reduce(0) { $0 + $1.pages.count })
        byFile = Dictionary(
            stretches.enumerated().map { ($0.element.file, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    var start: PageKey { stretches.first.map { PageKey(file: $0.file, page: $0.pages.lowerBound) } ?? .end }
    var end: PageKey {
        stretches.last.map { PageKey(value: PageKey(file: $0.file, page: $0.pages.upperBound).value) } ?? .end
    }

    /// Cuts files of these lengths into windows, each of at most `pageLimit` pages.
    static func cut(_ lengths: [UInt32: UInt32], limit: Int = pageLimit) -> [[Stretch]] {
        var windows: [[Stretch]] = []
        var window: [Stretch] = []
        var filled = 0
        for (file, length) in lengths.sorted(by: { $0.key < $1.key }) {
            var page: UInt32 = 0
            while page < length {
                let count = min(UInt32(limit - filled), length - page)
                window.append(Stretch(file: file, pages: page..<page + count, offset: filled))
                filled += Int(count)
                page += count
                if filled == limit {
                    windows.append(window)
                    window = []
                    filled = 0
                }
            }
        }
        if !window.isEmpty { windows.append(window) }
        return windows
    }

    /// Versions that a backup stored; those that were there die.
    ///
    /// - Returns: the shares that died, in 1/65,536 bytes.
    mutating func insert(_ run: ImageRun, share: UInt64, object: Int) -> UInt64 {
        guard let index = byFile[run.file] else { return 0 }
        let stretch = stretches[index]
        let from = max(run.firstPage, stretch.pages.lowerBound)
        let to = min(run.firstPage + UInt32(run.count), stretch.pages.upperBound)
        guard from < to else { return 0 }
        let first = stretch.offset + Int(from - stretch.pages.lowerBound)
        let range = first..<first + Int(to - from)
        let died = clear(range)
        let slot = Slot(share: share, object: Int32(object))
        slots.withUnsafeMutableBufferPointer { slots in
            for position in range { slots[position] = slot }
        }
        objects[object].pages += range.count
        objects[object].before += share * UInt64(range.count)
        objects[object].after += share * UInt64(range.count)
        return died
    }

    /// Versions beyond the end of a file die.
    mutating func cut(_ file: UInt32, to pages: UInt32) -> UInt64 {
        guard let index = byFile[file] else { return 0 }
        let stretch = stretches[index]
        let from = min(max(pages, stretch.pages.lowerBound), stretch.pages.upperBound)
        let end = stretch.offset + stretch.pages.count
        return clear(stretch.offset + Int(from - stretch.pages.lowerBound)..<end)
    }

    mutating func clearAll() -> UInt64 { clear(0..<slots.count) }

    private mutating func clear(_ range: Range<Int>) -> UInt64 {
        let objects = objects
        return slots.withUnsafeMutableBufferPointer { slots in
            var died: UInt64 = 0
            for position in range where slots[position].object >= 0 {
                let slot = slots[position]
                let object = objects[Int(slot.object)]
                object.pages -= 1
                object.after -= slot.share
                died += slot.share
                slots[position] = Slot()
            }
            return died
        }
    }
}
