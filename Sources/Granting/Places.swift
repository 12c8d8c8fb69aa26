import Model
import Platform

/// Folders below which the settings allow something.
struct Places {
    /// Without symbolic links; where those that root has named lead.
    private let folders: [NativePath]

    init(_ configured: [String]) {
        folders = configured.compactMap(Files.realPath).map { NativePath($0) }
    }

    /// What lies at a path below one of the folders, found without leaving it and over no link.
    ///
    /// - Throws: `right-refused`; `not-found`.
    func locate(_ path: String) throws -> File {
        let path = NativePath(path)
        let above = folders.filter { path.isInside($0) && path.components.count > $0.components.count }
        guard path.bytes.first == UInt8(ascii: "/"), let folder = above.max(by: { $0.bytes.count < $1.bytes.count })
        else {
            throw Fault(
                .rightRefused,
                "\(SafeText.oneLine(path.text)) lies in none of the folders that the settings name for it",
                hint: "have root add its folder to restore_roots, or to the folders of a server")
        }
        let inner = path.components.dropFirst(folder.components.count).joined(separator: [UInt8(ascii: "/")])
        return try File.place(folder.text).locate(NativePath(bytes: inner))
    }
}
