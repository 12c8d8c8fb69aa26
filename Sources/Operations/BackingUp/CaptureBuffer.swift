/// Memory for one chunk of pages, used over and over.
final class CaptureBuffer: @unchecked Sendable {
    // Unchecked: handed from thread to thread by queues, never shared.
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 4096) }

    deinit { bytes.deallocate() }
}
