package import Platform

/// The mark of a copy: of a file or folder that a restore has put elsewhere than where the database was backed up.
///
/// It is an extended attribute that holds the path which the restore wrote to. What was moved since, such as into the place
/// of the database, is no copy any more; nor is what came back to its old place on a new machine. A file system without
/// such attributes keeps no mark.
package enum RestoredCopy {
    private static let attribute = "user.holdfast.copy"

    /// Leaves a copy unmarked where that can't be: nothing of the restore depends on it.
    package static func mark(_ copy: File, as path: String) { try? copy.setAttribute(attribute, Array(path.utf8)) }

    package static func isMarked(_ file: File, at path: NativePath) -> Bool {
        file.attribute(attribute).map { $0 == path.bytes } ?? false
    }

    /// Of a folder; false where it can't be opened.
    package static func isMarked(folder path: String) -> Bool {
        guard let place = Files.realPath(path), let folder = try? File.folder(place) else { return false }
        return isMarked(folder, at: NativePath(bytes: place.utf8))
    }
}
