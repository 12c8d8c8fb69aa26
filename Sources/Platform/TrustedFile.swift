import Model

/// Files that name what the daemon runs or asks: nobody but root, or the owner given, can change what they say.
///
/// Nobody else can put another file in such a file's place either: every folder above it is held to the same rule.
package enum TrustedFile {
    /// Checks a file and every folder above it.
    ///
    /// - Parameters:
    ///   - owner: may own the file and its folders beside root; a test's own user.
    ///   - isProgram: whether it must be executable.
    /// - Returns: the path without symbolic links in its folders; use this one. What it names stays the checked file,
    ///   unless root or `owner` replace it: there is no gap between the check and the use that somebody else could enter.
    /// - Throws: `command-refused`, naming the file or folder at fault and the remedy; `not-found`.
    package static func check(_ path: String, owner: UInt32 = 0, isProgram: Bool = false) throws -> String {
        guard path.begins(with: "/"), !path.ends(with: "/") else {
            throw Fault(
                .commandRefused, "\(path) is not the absolute path of a file", hint: "write it from `/` on, in full")
        }
        guard let folder = Files.realPath(Files.parent(of: path)) else {
            throw Fault(.notFound, "there is no \(path)", hint: "correct the path, or put the file there")
        }
        let resolved = folder == "/" ? "/\(Files.name(of: path))" : "\(folder)/\(Files.name(of: path))"
        for place in foldersAbove(resolved) { try checkFolder(place, owner) }
        try checkFile(resolved, owner, isProgram)
        return resolved
    }

    /// The same of a folder, for whatever files are in it.
    /// - Throws: `command-refused`, `not-found`.
    package static func check(folder path: String, owner: UInt32 = 0) throws {
        guard let resolved = Files.realPath(path) else {
            throw Fault(.notFound, "there is no \(path)", hint: "correct the path, or make the folder")
        }
        for place in foldersAbove(resolved) + [resolved] { try checkFolder(place, owner) }
    }

    private static func checkFile(_ path: String, _ owner: UInt32, _ isProgram: Bool) throws {
        guard let status = try Files.status(path, followLinks: false) else {
            throw Fault(.notFound, "there is no \(path)", hint: "correct the path, or put the file there")
        }
        switch status.kind {
        case .file: break
        case .symbolicLink:
            let target = Files.realPath(path).map { "name the file itself: \($0)" }
            throw Fault(.commandRefused, "\(path) is a symbolic link", hint: target ?? "name the file itself")
        case .directory, .other: throw Fault(.commandRefused, "\(path) is not a file", hint: "name a file")
        }
        try checkRights(path, status, owner)
        guard !isProgram || status.mode & 0o111 != 0 else {
            throw Fault(.commandRefused, "\(path) is not executable", hint: "run `chmod a+x \(path.shellWord)`")
        }
    }

    private static func checkFolder(_ path: String, _ owner: UInt32) throws {
        guard let status = try Files.status(path, followLinks: false), status.kind == .directory else {
            throw Fault(.commandRefused, "\(path) is not a folder", hint: "look what changes it, and try again")
        }
        try checkRights(path, status, owner)
    }

    /// The group's bits also stand for what access control lists grant. Source: acl(5), "Correspondence".
    private static func checkRights(_ path: String, _ status: FileStatus, _ owner: UInt32) throws {
        guard status.uid == 0 || status.uid == owner else {
            let name = Users.name(uid: status.uid)
            throw Fault(
                .commandRefused, "\(path) belongs to \(name.isEmpty ? "user \(status.uid)" : name), not to root",
                hint: "run `chown root:root \(path.shellWord)`, or use a file in a folder that only root can change")
        }
        guard status.mode & 0o022 == 0 else {
            // Others need a folder that was opened to everybody, such as /tmp: closing it would break them.
            let isShared = status.kind == .directory && status.mode & 0o1002 != 0
            throw Fault(
                .commandRefused, "\(path) can be changed by others than its owner",
                hint: isShared
                    ? "move the file to a folder that only root can change, such as /usr/local/sbin"
                    : "run `chmod go-w \(path.shellWord)`, or use a file in a folder that only root can change")
        }
    }

    /// From the root down.
    private static func foldersAbove(_ path: String) -> [String] {
        var folders: [String] = []
        var folder = path
        repeat {
            folder = Files.parent(of: folder)
            folders.append(folder)
        } while folder != "/"
        return folders.reversed()
    }
}
