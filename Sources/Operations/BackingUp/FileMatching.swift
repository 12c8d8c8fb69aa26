import Engines
import Model
import Platform
import Storage

/// How the files of a snapshot continue those of the image before.
struct FileMatching {
    /// The new file table, in the order of the snapshot's files.
    private(set) var files: [ImageFile] = []
    /// For each of `files`, what the image before holds of it; nil for a new file.
    private(set) var before: [ImageFile?] = []
    let cuts: [FileCut]
    let gone: [UInt32]
    /// Where the snapshot counts the first of `files`.
    let firstPosition: Int

    private let sequence: SequenceNumber
    private var highest: UInt32

    /// A file goes on under its id when path and page size are the same; everything else is a new file, whose id has never
    /// been used in this unit.
    ///
    /// - Parameter taken: all ids up to this may have been used, also by images that can't be read.
    init(_ snapshot: [SnapshotFile], before image: [ImageFile], sequence: SequenceNumber, taken: UInt32) {
        self.sequence = sequence
        highest = max(image.map(\.id).max() ?? 0, taken)
        firstPosition = 0
        let known = Dictionary(image.map { (NativePath($0.path), $0) }, uniquingKeysWith: { first, _ in first })
        for file in snapshot { Self.add(file, known[NativePath(file.path)], sequence, &highest, &files, &before) }
        cuts = zip(files, before).compactMap { file, old in
            guard let old, old.pages > file.pages else { return nil }
            return FileCut(file: file.id, pages: file.pages)
        }
        let kept = Set(files.map(\.id))
        gone = image.map(\.id).filter { !kept.contains($0) }
    }

    /// The files that complete the image: always new ones, by ids above all others.
    init(closing snapshot: [SnapshotFile], after others: FileMatching) {
        sequence = others.sequence
        highest = others.highest
        firstPosition = others.firstPosition + others.files.count
        cuts = []
        gone = []
        for file in snapshot { Self.add(file, nil, sequence, &highest, &files, &before) }
    }

    /// Positions in `files` by ascending id, the order of images.
    var order: [Int] { files.indices.sorted { files[$0].id < files[$1].id } }

    private static func add(
        _ file: SnapshotFile, _ known: ImageFile?, _ sequence: SequenceNumber, _ highest: inout UInt32,
        _ files: inout [ImageFile], _ before: inout [ImageFile?]
    ) {
        let old = known.flatMap { $0.pageSize == file.pageSize && $0.kind == file.kind.rawValue ? $0 : nil }
        if old == nil { highest += 1 }
        before.append(old)
        files.append(
            ImageFile(
                id: old?.id ?? highest, birth: old?.birth ?? sequence, path: file.path, kind: file.kind.rawValue,
                uid: file.uid, gid: file.gid, owner: file.owner, group: file.group, mode: file.mode,
                modified: file.modified, length: file.length, pageSize: file.pageSize, pages: file.pages))
    }
}

extension ImageFile {
    var isFolder: Bool { kind == SnapshotFile.Kind.folder.rawValue }
}
