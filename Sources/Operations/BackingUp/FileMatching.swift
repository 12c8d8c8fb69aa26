import Engines
import Model
import Storage

/// How the files of a snapshot continue those of the image before.
struct FileMatching {
    /// The new file table, in the order of the snapshot's files.
    let files: [ImageFile]
    /// For each of `files`, what the image before holds of it; nil for a new file.
    let before: [ImageFile?]
    let cuts: [FileCut]
    let gone: [UInt32]

    /// A file goes on under its id when path and page size are the same; everything else is a new file, whose id has never
    /// been used in this unit.
    init(_ snapshot: [SnapshotFile], before image: [ImageFile], sequence: SequenceNumber) {
        // A backup takes one id at most for each file that is new; with one file a unit, no id exceeds the number of
        // the backup that took it, so that this is free even when the image before can't be read.
        var nextID = max(image.map(\.id).max() ?? 0, UInt32(truncatingIfNeeded: sequence) - 1)
        var files: [ImageFile] = []
        var before: [ImageFile?] = []
        for file in snapshot {
            let old = image.first { $0.path == file.path && $0.pageSize == file.pageSize }
            if old == nil { nextID += 1 }
            before.append(old)
            files.append(
                ImageFile(
                    id: old?.id ?? nextID, birth: old?.birth ?? sequence, path: file.path, uid: file.uid,
                    gid: file.gid, owner: file.owner, group: file.group, mode: file.mode, modified: file.modified,
                    length: file.length, pageSize: file.pageSize, pages: file.pages))
        }
        self.files = files
        self.before = before
        cuts = zip(files, before).compactMap { file, old in
            guard let old, old.pages > file.pages else { return nil }
            return FileCut(file: file.id, pages: file.pages)
        }
        let kept = Set(files.map(\.id))
        gone = image.map(\.id).filter { !kept.contains($0) }
    }

    /// Positions in `files` by ascending id, the order of images.
    var order: [Int] { files.indices.sorted { files[$0].id < files[$1].id } }
}
