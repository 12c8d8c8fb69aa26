import Glibc
import Model
import Platform

/// Finds the databases of a server's folders by what is in the files, not by their names.
struct DatabaseSearch {
    let server: ServerDefinition
    let known: Set<NativePath>
    private(set) var databases: [FoundDatabase] = []
    private var seen: Set<NativePath> = []
    private var mounts: Set<FolderWalk.Mount> = []
    private let forbidden: [NativePath]
    private let include: [Pattern]
    private let exclude: [Pattern]

    init(server: ServerDefinition, known: Set<NativePath>) {
        self.server = server
        self.known = known
        forbidden = (server.forbidden + [server.scratch]).flatMap {
            [NativePath($0)] + (Files.realPath($0).map { [NativePath($0)] } ?? [])
        }
        include = server.include.map(Pattern.init)
        exclude = server.exclude.map(Pattern.init)
    }

    var places: [MountMemory.Place] {
        mounts.map { MountMemory.Place(path: $0.path.text, identity: $0.identity) }
    }

    /// - Returns: why some of the folder could not be seen.
    mutating func run(_ folder: SearchFolder) -> [Fault] {
        let (forbidden, include, exclude) = (forbidden, include, exclude)
        var walk = FolderWalk(
            folder.root,
            enters: { path in
                let absolute = path.reduce(folder.root) { $0.appending(component: $1) }
                return !exclude.contains { $0.matches(path) } && !forbidden.contains(absolute)
                    && !RestoreNames.isAside(NativePath(bytes: path.last ?? []).text)
            },
            wants: { path in
                !exclude.contains { $0.matches(path) } && (include.isEmpty || include.contains { $0.matches(path) })
                    && !RestoreNames.isTemporary(NativePath(bytes: path.last ?? []).text)
            })
        do {
            try walk.run { entry in examine(entry, in: folder) }
        } catch {
            return [SearchFolder.missing(folder.root.text, server, Fault.wrapping(error).message)]
        }
        return walk.unreadable.filter { !Self.isLostAndFound($0.path) }.map {
            SearchFolder.missing($0.path.text, server, String(cString: strerror($0.error)).lowercased())
        }
    }

    private mutating func examine(_ entry: FolderWalk.Entry, in folder: SearchFolder) {
        let path = entry.path.reduce(folder.root) { $0.appending(component: $1) }
        let relative = (folder.prefix + entry.path).map { NativePath(bytes: $0).text }.joined(separator: "/")
        let name = DatabaseName(server: server.name, path: relative)
        guard seen.insert(path).inserted else { return }
        guard let file = entry.file else {
            if entry.error != ENOENT, entry.error != ELOOP, isExpected(entry, path) {
                add(name, path, 0, DatabaseSource.unreadable(name, entry.error), entry.mount)
            }
            return
        }
        do {
            guard try file.status().kind == .file else { return }
            let bytes = try file.read(count: DatabaseHeader.length, at: 0)
            let size = try file.status().size
            if let header = DatabaseHeader(bytes) {
                add(name, path, size, Self.truncation(file, name, header), entry.mount)
            } else if DatabaseHeader.hasMagic(bytes) || isExpected(entry, path) {
                add(name, path, size, DatabaseSource.notADatabase(name, bytes), entry.mount)
            }
        } catch {
            if isExpected(entry, path) {
                let fault = Fault(.databaseUnreadable, "database \(name) can't be read", cause: error)
                add(name, path, 0, fault, entry.mount)
            }
        }
    }

    private mutating func add(
        _ name: DatabaseName, _ path: NativePath, _ size: Int64, _ fault: Fault?, _ mount: FolderWalk.Mount
    ) {
        databases.append(FoundDatabase(name: name, path: path.text, size: ByteCount(size), fault: fault))
        mounts.insert(mount)
    }

    /// Whether a file without a readable header is worth a word: it was a database before, the settings name it, or it
    /// is called like one.
    private func isExpected(_ entry: FolderWalk.Entry, _ path: NativePath) -> Bool {
        guard let fileName = entry.path.last else { return false }
        let text = NativePath(bytes: fileName).text.lowercased()
        if known.contains(path) { return true }
        if ["-wal", "-shm", "-journal"].contains(where: { text.ends(with: $0) }) { return false }
        if include.contains(where: { $0.isSpecific && $0.matches(entry.path) }) { return true }
        let isEmptyOrUnreadable = (try? entry.file?.status().size) ?? 0 == 0
        return isEmptyOrUnreadable && [".db", ".db3", ".sqlite", ".sqlite3", ".s3db"].contains { text.ends(with: $0) }
    }

    /// A file shorter than its header says, unless a commit or a log explains it.
    private static func truncation(_ file: File, _ name: DatabaseName, _ header: DatabaseHeader) -> Fault? {
        guard !header.usesLog, let size = try? file.status().size, header.isTruncated(at: size),
            (try? SQLiteLock.tryShare(file)) == true
        else { return nil }
        defer { try? SQLiteLock.unshare(file) }
        guard let size = try? file.status().size, let bytes = try? file.read(count: DatabaseHeader.length, at: 0),
            let header = DatabaseHeader(bytes), header.isTruncated(at: size)
        else { return nil }
        return DatabaseSource.truncated(name, size, header.pages ?? 1, header.pageSize)
    }

    /// The folder that file system checks leave at the top of a file system; only root may look into it.
    private static func isLostAndFound(_ path: NativePath) -> Bool { path.components.last == Array("lost+found".utf8) }
}

/// A shell pattern of the settings.
struct Pattern {
    private let text: String

    init(_ text: String) { self.text = text }

    /// Whether it names something, instead of wanting everything.
    var isSpecific: Bool { !text.allSatisfy { $0 == "*" || $0 == "/" } }

    /// Against the path below the folder, and against the bare name.
    func matches(_ path: [[UInt8]]) -> Bool {
        let whole = Array(path.joined(separator: [UInt8(ascii: "/")]))
        return [whole, path.last ?? []].contains { candidate in
            NativePath.withCString(candidate) { name in fnmatch(text, name, 0) == 0 }
        }
    }
}
