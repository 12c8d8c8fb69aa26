import Model
import Platform

/// Folders below which the settings allow something.
struct Places {
    /// Without symbolic links; where those that root has named lead.
    private let folders: [NativePath]

    init(_ configured: [String]) {
        folders = configured.compactMap(Files.realPath).map { NativePath($0) }
    }

    /// What lies at a path below one of the folders, found over no link.
    ///
    /// All of the way is walked anew from the root: who owns a folder above one of ours could put a link in its place since its
    /// name was resolved.
    /// - Throws: `right-refused`; `not-found`.
    func locate(_ path: String) throws -> File {
        let path = NativePath(path)
        let above = folders.filter { path.isInside($0) && path.components.count > $0.components.count }
        // The top of one that lies inside of another is nobody's to give away.
        let leadsUp = path.components.contains(Array("..".utf8))
        guard path.bytes.first == UInt8(ascii: "/"), !leadsUp, !above.isEmpty,
            !folders.contains(where: path.isSame(as:))
        else {
            throw Fault(
                .rightRefused,
                "\(SafeText.oneLine(path.text)) lies in none of the folders that the settings name for it",
                hint: "have root add its folder to restore_roots, or to the folders of a server")
        }
        return try File.place("/").locate(NativePath(bytes: path.components.joined(separator: [UInt8(ascii: "/")])))
    }
}
