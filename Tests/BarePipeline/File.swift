import Glibc

/// An open file; reads and writes at offsets, on any thread.
final class File: Sendable {
    private let descriptor: Int32
    private let path: String

    init(reading path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open") }
    }

    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot create") }
    }

    deinit { close(descriptor) }

    func length() throws -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw failure("cannot tell the length of") }
        return Int(end)
    }

    /// Fills the buffer, or fails.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
            guard count > 0 else { throw failure("cannot read") }
            done += count
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset + done))
            guard count > 0 else { throw failure("cannot write") }
            done += count
        }
    }

    func sync() throws {
        guard fsync(descriptor) == 0 else { throw failure("cannot sync") }
    }

    private func failure(_ what: String) -> Failure {
        Failure(text: "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
