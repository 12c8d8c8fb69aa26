import Model
import Platform
import Storage
import Synchronization

/// Writes all files of an image into a new folder.
struct ImageFolderWriter {
    private static let openFiles = 256

    private let image: Image
    /// Path below the folder, by id.
    private let places: [UInt32: String]
    /// Called with the bytes written so far added; throws to stop.
    private let step: @Sendable (Int) throws -> Void
    private let keepsOwners: Bool
    /// Of the folder itself.
    private let root: ImageFile?

    /// - Parameters:
    ///   - root: the folder that the files of the image were in.
    ///   - keepsOwners: gives the files to whom they belonged, where rights allow.
    /// - Throws: `point-damaged` for a path that leads out of it.
    init(
        _ image: Image, root: String, keepsOwners: Bool = true, step: @escaping @Sendable (Int) throws -> Void
    ) throws {
        self.image = image
        self.step = step
        self.keepsOwners = keepsOwners
        self.root = image.files.first { $0.path.isSame(as: root) }
        places = Dictionary(
            try image.files.filter { !$0.path.isSame(as: root) }.map {
                ($0.id, try Self.place(of: $0.path, below: root, in: image))
            },
            uniquingKeysWith: { first, _ in first })
    }

    /// All files, checked page by page, and their folders, in a new folder that nobody else may enter before `open`; durable
    /// on return but for its name.
    ///
    /// Owners and modes are those of backup time where rights allow.
    /// - Throws: `target-exists`; `out-of-space` before pages are written where the file system can tell; what reading the
    ///   image throws. What was written stays for the caller to remove.
    func write(to path: String) throws -> RestoreFolder {
        let made = try RestoreFolder.make(path)
        try made.naming { try write(in: made.anchor) }
        return made
    }

    /// Gives the folder itself owner and mode of backup time.
    func open(_ made: RestoreFolder) throws {
        if let root {
            try made.setMode(root.mode)
            if keepsOwners { try? made.setOwner(uid: root.uid, gid: root.gid) }
        }
        try made.sync()
    }

    private func write(in folder: String) throws {
        let folders = try makeFolders(in: folder)
        let files = image.files.filter { !$0.isFolder }
        for file in files { try File.create(path(of: file, in: folder), mode: 0o600).reserve(file.length) }
        try writePages(of: files, in: folder)
        for start in stride(from: 0, to: files.count, by: Self.openFiles) {
            try finish(files[start..<min(start + Self.openFiles, files.count)], in: folder)
        }
        // With the modes they had, which may keep us out of some.
        for (path, file) in folders.reversed() {
            try Files.syncDirectory(path)
            if let file { try adopt(path, file) }
        }
        try Files.syncDirectory(folder)
    }

    private func writePages(of files: [ImageFile], in folder: String) throws {
        let lengths = Dictionary(files.map { ($0.id, $0.length) }, uniquingKeysWith: { first, _ in first })
        let paths = places.mapValues { "\(folder)/\($0)" }
        let open = OpenFiles(limit: Self.openFiles)
        let step = step
        try ImageReader(image).read { slice in
            let offset = Int64(slice.firstPage) * Int64(slice.pageSize)
            let count = min(Int64(slice.bytes.count), (lengths[slice.file] ?? 0) - offset)
            guard count > 0, let path = paths[slice.file] else { return }
            let bytes = UnsafeRawBufferPointer(rebasing: slice.bytes[..<Int(count)])
            try open.file(slice.file, path).write(bytes, at: offset)
            try step(Int(count))
        }
    }

    /// Nobody relies on any file before all are there, so that they can be synced together.
    private func finish(_ files: ArraySlice<ImageFile>, in folder: String) throws {
        let open = try files.map { file in
            let target = try File.open(path(of: file, in: folder), .readWrite, noFollow: true)
            try target.truncate(to: file.length)
            // Only root may give files away; a restore by anybody else leaves its own owner.
            if keepsOwners { try? target.setOwner(uid: file.uid, gid: file.gid) }
            // Without a set-uid bit, as any restored file.
            try target.setMode(file.mode & 0o777)
            try? target.setModified(file.modified)
            return target
        }
        try File.syncAll(open)
    }

    private func adopt(_ folder: String, _ file: ImageFile) throws {
        try Files.setMode(folder, file.mode)
        if keepsOwners { try? Files.setOwner(folder, uid: file.uid, gid: file.gid) }
    }

    /// - Returns: the folders made, with what the image says of them, all but `folder` itself; each after the one it is in.
    private func makeFolders(in folder: String) throws -> [(path: String, file: ImageFile?)] {
        var made: [(path: String, file: ImageFile?)] = []
        var known: Set<NativePath> = [NativePath(folder)]
        func make(_ path: String, _ file: ImageFile?) throws {
            guard known.insert(NativePath(path)).inserted else { return }
            try make(Files.parent(of: path), nil)
            try Files.makeDirectory(path, mode: 0o700)
            made.append((path, file))
        }
        // Those above come first in the order of paths.
        for file in image.files.sorted(by: { $0.path.precedes($1.path) }) where file.isFolder && file.id != root?.id {
            try make(path(of: file, in: folder), file)
        }
        for file in image.files where !file.isFolder { try make(Files.parent(of: path(of: file, in: folder)), nil) }
        return made
    }

    private func path(of file: ImageFile, in folder: String) -> String { "\(folder)/\(places[file.id] ?? "")" }

    private static func place(of path: String, below root: String, in image: Image) throws -> String {
        let place = path.rest(after: "\(root)/") ?? ""
        let steps = place.parts(between: ["/"], keepingEmpty: true)
        guard !place.isEmpty, steps.allSatisfy({ !["", ".", ".."].contains($0) }) else {
            throw Fault(
                .pointDamaged, "\(image.record.id) names a file outside of \(root)", hint: "restore another backup")
        }
        return place
    }
}

/// Files open for writing, a bounded number at once; safe on several threads.
private final class OpenFiles: Sendable {
    private let limit: Int
    private let files = Mutex<[UInt32: File]>([:])

    init(limit: Int) { self.limit = limit }

    func file(_ id: UInt32, _ path: String) throws -> File {
        try files.withLock { files in
            if let file = files[id] { return file }
            // Whoever writes to one of them keeps it open until it is done.
            if files.count >= limit { files.removeAll(keepingCapacity: true) }
            let file = try File.open(path, .readWrite, noFollow: true)
            files[id] = file
            return file
        }
    }
}
