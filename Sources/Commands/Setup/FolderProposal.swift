package import Model
internal import Platform
package import Wire

/// A folder with databases that could be protected as one server.
package struct FolderProposal: Equatable {
    package var folder: String
    /// What the server might be called, before other names are looked at.
    package var name: String
    /// Whether only what lies directly in the folder is meant.
    package var isShallow: Bool
    package var files: Int
    package var size: ByteCount
    /// Of the file systems that the databases are on.
    package var devices: Set<UInt64>

    /// By folder.
    ///
    /// Below each folder searched, the first step (below `home` the first two) tells applications apart. What is proposed
    /// for one is the deepest folder that holds all of its databases; a database that lies beside the applications is
    /// proposed with the folder it lies in, without what is below.
    /// What a restore has left is no application's: see `isCopy(_:)`, and `SurveyedFile.isCopy`.
    /// - Parameter searched: free of symbolic links.
    package static func grouping(_ files: [SurveyedFile], searched: [String]) -> [FolderProposal] {
        var groups: [NativePath: [SurveyedFile]] = [:]
        var shallow: Set<NativePath> = []
        for file in files where isWritable(file.path) {
            let (group, isShallow) = group(of: file.path, searched)
            groups[NativePath(group), default: []].append(file)
            if isShallow { shallow.insert(NativePath(group)) }
        }
        return groups.map { group, files in
            let isShallow = shallow.contains(group)
            return FolderProposal(
                folder: isShallow ? group.text : files.map { parent($0.path) }.reduce(nil, common) ?? group.text,
                name: steps(group.text).last.map(String.init) ?? "files", isShallow: isShallow,
                files: files.count, size: files.reduce(.zero) { $0 + $1.size }, devices: Set(files.map(\.device)))
        }.sorted { $0.folder.precedes($1.folder) }
    }

    private static func group(of path: String, _ searched: [String]) -> (folder: String, isShallow: Bool) {
        let folder = parent(path)
        guard let root = searched.filter({ contains($0, folder) }).max(by: { $0.utf8.count < $1.utf8.count }) else {
            return (folder, false)
        }
        let steps = Self.steps(folder.rest(after: root) ?? folder)
        let depth = root.ends(with: "/home") ? 2 : 1
        guard steps.count >= depth else { return (folder, true) }
        return ("\(root == "/" ? "" : root)/\(steps.prefix(depth).joined(separator: "/"))", false)
    }

    /// Whether it lies where restores and downloads go by convention: `/srv/restored`, `~/Downloads`.
    package static func isCopy(_ path: String) -> Bool {
        steps(path).dropLast().contains { ["restored", "Downloads"].contains($0) }
    }

    /// Whether a settings file can hold the path: no control characters, nothing that stands for bytes that aren't text.
    private static func isWritable(_ path: String) -> Bool {
        path.unicodeScalars.allSatisfy {
            ![.control, .privateUse, .unassigned].contains($0.properties.generalCategory)
        }
    }

    private static func common(_ left: String?, _ right: String) -> String? {
        guard let left else { return right }
        let steps = zip(Self.steps(left), Self.steps(right)).prefix { $0.isSame(as: $1) }.map(\.0)
        return "/" + steps.joined(separator: "/")
    }

    /// Whether a path is `folder`, or lies in it.
    package static func contains(_ folder: String, _ path: String) -> Bool {
        path.isSame(as: folder) || path.begins(with: folder == "/" ? "/" : "\(folder)/")
    }

    private static func parent(_ path: String) -> String {
        "/" + steps(path).dropLast().joined(separator: "/")
    }

    private static func steps(_ path: String) -> [Substring] { path.parts(between: ["/"]) }
}
