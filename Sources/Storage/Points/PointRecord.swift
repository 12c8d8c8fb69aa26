package import Archiving
package import Model

/// What a point says of its backup; the content of its record frame.
package struct PointRecord: Sendable, Codable, Equatable {
    package static let format = 1

    package var unit: UnitID
    package var sequence: SequenceNumber
    /// Fences a writer that vanished: no backup, its image is the one before.
    package var isVoid: Bool
    package var draft: PointDraft
    /// Packs of this backup; objects 1, 2, 3 … of its delta, object 0 being the point itself.
    package var packs: [ObjectName]
    package var pagesStored: UInt64
    /// Bytes that this backup added to the repository, the record and the contents of the point not counted.
    package var bytesStored: ByteCount
    /// First pages of the delta frames, in order.
    var blocks: [PageKey]

    package var id: BackupID { BackupID(unit: unit, sequence: sequence) }
    /// Whether it stored all pages of its image, as the first backup does and one that could not build on the one before.
    var holdsWholeImage: Bool { !isVoid && draft.preRoot == nil }
    /// Of the pages stored, those of files that no later image goes on with.
    var closingPages: UInt64 { min(pagesStored, draft.closingPages) }
}

/// What a writer says of its backup before it is committed.
package struct PointDraft: Sendable, Codable, Equatable {
    package var kind: BackupKind
    package var origin: BackupOrigin
    package var actor: Actor
    /// The schedule that it was made by; its retention counts first.
    package var schedule: String?
    package var comment: String
    package var started: Instant
    package var finished: Instant
    /// When the stored state was the newest one.
    /// In whole milliseconds: what people read and give to `--at` is this very moment.
    package var instant: Instant
    package var engine: String
    package var server: String
    package var database: DatabaseName
    package var sourcePath: String
    /// The image that it started from; nil when there was none.
    package var preRoot: ImageRoot?
    package var preSequence: SequenceNumber?
    package var postRoot: ImageRoot
    /// All files of the image.
    package var files: [ImageFile]
    /// Files that lost their end: pages from `pages` on are dead from here.
    package var cuts: [FileCut]
    /// Files of the image before that are no more.
    package var gone: [UInt32]
    /// For the engine, opaque.
    package var token: String
    package var drift: Drift?
    /// Never to be deleted by policy, from birth.
    package var preserved: Bool

    package init(
        kind: BackupKind, origin: BackupOrigin, actor: Actor, schedule: String? = nil, comment: String = "",
        started: Instant, finished: Instant, instant: Instant, engine: String, server: String, database: DatabaseName,
        sourcePath: String, preRoot: ImageRoot? = nil, preSequence: SequenceNumber? = nil, postRoot: ImageRoot,
        files: [ImageFile], cuts: [FileCut] = [], gone: [UInt32] = [], token: String = "", drift: Drift? = nil,
        preserved: Bool = false
    ) {
        self.kind = kind
        self.origin = origin
        self.actor = actor
        self.schedule = schedule
        self.comment = comment
        self.started = started
        self.finished = finished
        self.instant = instant.inWholeMilliseconds
        self.engine = engine
        self.server = server
        self.database = database
        self.sourcePath = sourcePath
        self.preRoot = preRoot
        self.preSequence = preSequence
        self.postRoot = postRoot
        self.files = files
        self.cuts = cuts
        self.gone = gone
        self.token = token
        self.drift = drift
        self.preserved = preserved
    }
}

/// A file of an image.
package struct ImageFile: Sendable, Codable, Equatable {
    /// Unique in its unit for ever; a file that replaces another of the same path gets another.
    package var id: UInt32
    /// The backup that first held it.
    package var birth: SequenceNumber
    package var path: String
    package var kind: String
    package var uid: UInt32
    package var gid: UInt32
    package var owner: String
    package var group: String
    /// Permission bits.
    package var mode: UInt32
    /// Nanoseconds since 1970.
    package var modified: Int64
    /// Bytes; the last page may be short, the stored page is filled up with zeros.
    package var length: Int64
    package var pageSize: Int
    package var pages: UInt32

    package init(
        id: UInt32, birth: SequenceNumber, path: String, kind: String = "database", uid: UInt32, gid: UInt32,
        owner: String, group: String, mode: UInt32, modified: Int64, length: Int64, pageSize: Int, pages: UInt32
    ) {
        self.id = id
        self.birth = birth
        self.path = path
        self.kind = kind
        self.uid = uid
        self.gid = gid
        self.owner = owner
        self.group = group
        self.mode = mode
        self.modified = modified
        self.length = length
        self.pageSize = pageSize
        self.pages = pages
    }
}

extension ImageFile {
    /// Whether it completes its image only, so that no later one goes on with it.
    package var isClosing: Bool { kind == "closing" }
}

extension PointDraft {
    /// Pages of files that no later image goes on with.
    var closingPages: UInt64 { files.reduce(0) { $0 + ($1.isClosing ? UInt64($1.pages) : 0) } }
}

/// "This file was cut to `pages` pages": what older backups hold beyond is dead.
package struct FileCut: Sendable, Codable, Equatable {
    package var file: UInt32
    package var pages: UInt32

    package init(file: UInt32, pages: UInt32) {
        self.file = file
        self.pages = pages
    }
}

/// Pages that changed without the change finder's notice.
package struct Drift: Sendable, Codable, Equatable {
    /// This backup and all from here on are suspect, this one excluded.
    package var suspectFrom: SequenceNumber
    package var pages: UInt64

    package init(suspectFrom: SequenceNumber, pages: UInt64) {
        self.suspectFrom = suspectFrom
        self.pages = pages
    }
}

extension PageKey: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(value: try decoder.singleValueContainer().decode(UInt64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}
