import Archiving
import Model
import Synchronization

/// An object in memory that a test can tamper with.
final class MemoryObject: EnvelopeSink, EnvelopeSource {
    private let stored: Mutex<[UInt8]>
    private let room: Int

    /// - Parameter room: bytes after which appending fails.
    init(_ bytes: [UInt8] = [], room: Int = .max) {
        stored = Mutex(bytes)
        self.room = room
    }

    var bytes: [UInt8] { stored.withLock { $0 } }

    func append(_ bytes: UnsafeRawBufferPointer) throws -> UInt64 {
        let added = Array(bytes)
        return try stored.withLock { stored in
            guard stored.count + added.count <= room else { throw Fault(.outOfSpace, "memory is full") }
            defer { stored += added }
            return UInt64(stored.count)
        }
    }

    func length() throws -> UInt64 { UInt64(bytes.count) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Int {
        let stored = bytes
        guard offset < stored.count else { return 0 }
        let part = stored[Int(offset)...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        return part.count
    }
}
