import Model
import Platform

/// Copies of a database's files in the daemon's own folder.
struct ScratchCopy {
    let folder: String

    /// Whether copies of `file` are made in an instant, sharing its blocks: both on one file system that can.
    func canClone(_ file: File) throws -> Bool {
        try Files.makeDirectories(folder, mode: 0o700)
        let original = try File.scratch(in: folder)
        guard try original.status().device == file.status().device else { return false }
        return try File.scratch(in: folder).clone(from: original)
    }

    /// A copy without a name, byte for byte, cloned where possible.
    /// - Throws: `out-of-space`.
    func copy(of file: File) throws -> File {
        try Files.makeDirectories(folder, mode: 0o700)
        let copy = try File.scratch(in: folder)
        try fill(copy, from: file)
        return copy
    }

    func fill(_ copy: File, from file: File) throws {
        if try copy.clone(from: file) { return }
        let length = try file.status().size
        try copy.reserve(length)
        file.adviseSequential()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < length {
            let count = try file.read(into: buffer, at: offset)
            guard count > 0 else { return }
            try copy.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
            offset += Int64(count)
        }
    }
}
