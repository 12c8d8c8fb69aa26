/// A window's pages in order. Threads write parts that don't overlap; it is read after they have ended.
final class StreamBuffer: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    init(bytes: Int) { memory = .allocate(byteCount: bytes, alignment: 64) }

    deinit { memory.deallocate() }

    /// - Parameter firstPage: of the window.
    func put(_ slice: PageSlice, firstPage: UInt32) {
        let start = Int(slice.firstPage - firstPage) * slice.pageSize
        UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + slice.bytes.count]).copyMemory(from: slice.bytes)
    }

    func bytes(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }
}
