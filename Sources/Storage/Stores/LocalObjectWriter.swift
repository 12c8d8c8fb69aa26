import Archiving
import Model
import Platform
import Synchronization

/// A file on its way into a local folder store.
final class LocalObjectWriter: ObjectWriter {
    private struct State {
        var length: Int64 = 0
        var writeBackFrom: Int64 = 0
        var isOver = false
    }

    /// Bytes after which the kernel is asked to start writing, so that the sync of a pack finds little left to do.
    private static let writeBackStep: Int64 = 8 << 20

    private let file: File
    private let store: LocalFolderStore
    private let state = Mutex(State())

    init(file: File, store: LocalFolderStore) {
        self.file = file
        self.store = store
    }

    deinit { abandon() }

    func append(_ bytes: UnsafeRawBufferPointer) throws -> UInt64 {
        try state.withLock { state in
            let offset = state.length
            try file.write(bytes, at: offset)
            state.length += Int64(bytes.count)
            let pending = state.length - state.writeBackFrom
            if pending >= Self.writeBackStep {
                file.startWriteback(offset: state.writeBackFrom, count: pending)
                state.writeBackFrom = state.length
            }
            return UInt64(offset)
        }
    }

    func commit(as name: String, syncNames: Bool) throws {
        try file.sync()
        try Files.rename(file.path, to: store.path(name), replacing: false)
        state.withLock { $0.isOver = true }
        if syncNames { try store.syncNames(of: StoreName.folder(of: name)) }
    }

    func abandon() {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        // What can't be removed now is removed when the repository is next opened for writing.
        if isFirst { try? Files.remove(file.path) }
    }
}
