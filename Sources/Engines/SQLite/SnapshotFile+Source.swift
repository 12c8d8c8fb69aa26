import Platform

extension SnapshotFile {
    /// A database's main file with an image of `length` bytes.
    init(_ source: DatabaseSource, length: Int64, pageSize: Int) throws {
        let status = try source.main.status()
        self.init(
            path: source.path.text, uid: status.uid, gid: status.gid, owner: Users.name(uid: status.uid),
            group: Users.groupName(gid: status.gid), mode: status.mode, modified: status.modified, length: length,
            pageSize: pageSize, pages: UInt32((length + Int64(pageSize) - 1) / Int64(pageSize)))
    }

    /// Where pages lie in a file that holds the image as it is, and how many bytes of them there are.
    func extent(of pages: Range<UInt32>) -> (offset: Int64, count: Int) {
        let offset = Int64(pages.lowerBound) * Int64(pageSize)
        return (offset, Int(min(Int64(pages.count) * Int64(pageSize), max(0, length - offset))))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Zeros from `offset` to the end.
    func clear(from offset: Int) {
        guard offset < count else { return }
        UnsafeMutableRawBufferPointer(rebasing: self[offset...]).initializeMemory(as: UInt8.self, repeating: 0)
    }
}
