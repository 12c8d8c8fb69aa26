import Model
import Storage

extension PointRecord {
    /// The one file that a backup of a file has.
    /// - Throws: `wrong-usage` for the backup of a server, which is a folder.
    func fileToDownload() throws -> ImageFile {
        guard let file = draft.files.first else {
            throw Fault(.pointDamaged, "\(id) names no file", hint: "download another backup")
        }
        guard draft.files.count == 1, file.kind == "database" else {
            throw Fault(
                .wrongUsage, "backup \(id) of \(draft.database) is a folder of a server, and no file",
                hint:
                    "run `holdfast restore \(draft.database.shellWord) --backup \(id) --to FOLDER`, or for one "
                    + "database of it "
                    + "`holdfast restore \((draft.database.text + "/NAME").shellWord) --backup \(id) --to FILE`")
        }
        return file
    }
}
