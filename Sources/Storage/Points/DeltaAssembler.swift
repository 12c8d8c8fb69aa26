import Model
import Synchronization

/// Puts the deltas of chunks, which come from several workers in any order, into the order of the image.
final class DeltaAssembler: Sendable {
    private struct State {
        var next = 0
        var waiting: [Int: ChunkDelta] = [:]
        var waitingPages = 0
        var writer = DeltaWriter()
    }

    /// Pages that may wait before workers are asked to seal frames that are not full.
    private static let crowd = 65_536

    private let state = Mutex(State())

    /// Whether much waits for a chunk whose frame is not sealed.
    var isCrowded: Bool { state.withLock { $0.waitingPages + $0.waiting.count > Self.crowd } }

    /// - Parameter write: seals and appends the content of a delta frame; called under a lock, in order.
    func submit(_ chunk: ChunkDelta, write: ([UInt8]) throws -> Void) throws {
        try state.withLock { state in
            guard chunk.ordinal >= state.next, state.waiting[chunk.ordinal] == nil else {
                throw Fault(.internalError, "chunk \(chunk.ordinal) of a backup was submitted twice")
            }
            state.waiting[chunk.ordinal] = chunk
            state.waitingPages += chunk.hashes.count
            while let ready = state.waiting.removeValue(forKey: state.next) {
                state.next += 1
                state.waitingPages -= ready.hashes.count
                var position = 0
                for extent in ready.extents {
                    let end = position + Int(extent.count)
                    try state.writer.append(extent, hashes: ready.hashes[position..<end], write: write)
                    position = end
                }
            }
        }
    }

    /// Writes the last frame.
    ///
    /// - Returns: the first pages of all delta frames, and the pages in them.
    func finish(write: ([UInt8]) throws -> Void) throws -> (blocks: [PageKey], pages: UInt64) {
        try state.withLock { state in
            guard state.waiting.isEmpty else {
                throw Fault(.internalError, "chunk \(state.next) of a backup was never submitted")
            }
            try state.writer.finish(write: write)
            return (state.writer.blocks, state.writer.pages)
        }
    }
}
