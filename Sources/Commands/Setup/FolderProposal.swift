package import Model
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
    /// - Parameter searched: free of symbolic links.
    package static func grouping(_ files: [SurveyedFile], searched: [String]) -> [FolderProposal] {
        var groups: [String: [SurveyedFile]] = [:]
        var shallow: Set<String> = []
        for file in files where isWritable(file.path) {
            let (group, isShallow) = group(of: file.path, searched)
            groups[group, default: []].append(file)
            if isShallow { shallow.insert(group) }
        }
        return groups.map { group, files in
            let isShallow = shallow.contains(group)
            return FolderProposal(
                folder: isShallow ? group : files.map { parent($0.path) }.reduce(nil, common) ?? group,
                name: group.split(separator: "/").last.map(String.init) ?? "files", isShallow: isShallow,
                files: files.count, size: files.reduce(.zero) { $0 + $1.size }, devices: Set(files.map(\.device)))
        }.sorted { $0.folder < $1.folder }
    }

    private static func group(of path: String, _ searched: [String]) -> (folder: String, isShallow: Bool) {
        let folder = parent(path)
        guard let root = searched.filter({ contains($0, folder) }).max(by: { $0.count < $1.count }) else {
            return (folder, false)
        }
        let steps = folder.dropFirst(root.count).split(separator: "/")
        let depth = root.hasSuffix("/home") ? 2 : 1
        guard steps.count >= depth else { return (folder, true) }
        return ("\(root)/\(steps.prefix(depth).joined(separator: "/"))", false)
    }

    /// Whether it lies where restores and downloads go by convention: `/srv/restored`, `~/Downloads`.
    package static func isCopy(_ path: String) -> Bool {
        path.split(separator: "/").dropLast().contains { ["restored", "Downloads"].contains($0) }
    }

    /// Whether a settings file can hold the path: no control characters, nothing that stands for bytes that aren't text.
    private static func isWritable(_ path: String) -> Bool {
        path.unicodeScalars.allSatisfy {
            ![.control, .privateUse, .unassigned].contains($0.properties.generalCategory)
        }
    }

    private static func common(_ left: String?, _ right: String) -> String? {
        guard let left else { return right }
        let steps = zip(left.split(separator: "/"), right.split(separator: "/")).prefix { $0 == $1 }.map(\.0)
        return "/" + steps.joined(separator: "/")
    }

    static func contains(_ folder: String, _ path: String) -> Bool {
        path == folder || path.hasPrefix(folder == "/" ? "/" : "\(folder)/")
    }

    private static func parent(_ path: String) -> String {
        let steps = path.split(separator: "/").dropLast()
        return "/" + steps.joined(separator: "/")
    }
}
