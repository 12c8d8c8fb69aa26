import Dispatch
import Synchronization

/// Why the program ends, and with what status.
struct Failure: Error {
    let text: String
    var status: Int32 = 1
}

/// Two threads that share the blocks of a file, each with tools of its own.
enum Workers {
    static let count = 2

    /// - Parameter work: called on two threads at once, with a source of block numbers below `blocks`; ends when that is
    ///   exhausted.
    static func share(_ blocks: Int, _ work: @Sendable (_ next: () -> Int?) throws -> Void) throws {
        let started = Atomic(0)
        let failure = Mutex<Failure?>(nil)
        DispatchQueue.concurrentPerform(iterations: count) { @Sendable _ in
            do {
                try work {
                    let block = started.add(1, ordering: .relaxed).oldValue
                    return block < blocks ? block : nil
                }
            } catch {
                failure.withLock { $0 = error as? Failure ?? Failure(text: "\(error)") }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}

/// Memory of one thread for one block.
final class Buffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ count: Int) { bytes = .allocate(byteCount: count, alignment: 4096) }
    deinit { bytes.deallocate() }

    func first(_ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
    }
}
