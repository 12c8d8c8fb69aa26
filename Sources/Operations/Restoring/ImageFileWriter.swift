import Engines
import Model
import Platform
import Storage

/// Writes one file of an image to a new file of a file system.
struct ImageFileWriter {
    let image: Image
    let file: ImageFile
    /// Called with the bytes written so far added; throws to stop.
    let step: @Sendable (Int) throws -> Void

    init(_ image: Image, step: @escaping @Sendable (Int) throws -> Void) throws {
        guard let file = image.files.first else {
            throw Fault(.pointDamaged, "\(image.record.id) names no file", hint: "restore another backup")
        }
        self.image = image
        self.file = file
        self.step = step
    }

    /// The restored file, still without its name: complete, checked page by page, synced.
    ///
    /// Owner and mode are those of backup time where rights allow.
    /// - Parameters:
    ///   - temporary: a free path in the folder that it will be in.
    ///   - copy: the path it will have, where it is to be marked as a copy.
    /// - Throws: `out-of-space` before anything is written where the file system can tell; what reading the image throws.
    func write(orAs temporary: String, copy: String? = nil) throws -> NewFile {
        let new = try NewFile(orAs: temporary)
        let target = new.file
        // Before its owner and mode, which may keep this process from it.
        if let copy { RestoredCopy.mark(target, as: copy) }
        do {
            try target.reserve(file.length)
            let (length, step) = (file.length, step)
            try ImageReader(image).read(files: image.files.count == 1 ? nil : [file.id]) { slice in
                let offset = Int64(slice.firstPage) * Int64(slice.pageSize)
                let count = min(Int64(slice.bytes.count), length - offset)
                guard count > 0 else { return }
                try target.write(UnsafeRawBufferPointer(rebasing: slice.bytes[..<Int(count)]), at: offset)
                try step(Int(count))
            }
            try target.truncate(to: file.length)
            // Only root may give files away; a restore by anybody else leaves its own owner.
            try? target.setOwner(uid: file.uid, gid: file.gid)
            // No set-uid bit comes back: a backup must give nobody another's rights, root's own restore least of all.
            try target.setMode(file.mode & 0o777)
            try? target.setModified(file.modified)
            try target.sync()
        } catch {
            new.abandon()
            throw error
        }
        return new
    }
}
