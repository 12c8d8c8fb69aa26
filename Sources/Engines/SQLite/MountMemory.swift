import Platform

/// The file systems that databases were found on, remembered between discoveries: an unmounted folder looks empty.
struct MountMemory: Codable, Equatable {
    struct Place: Codable, Equatable {
        /// In the form of `NativePath.text`.
        var path: String
        var identity: String
    }

    var places: [Place]

    init(_ places: [Place] = []) { self.places = places }

    init(text: String?) {
        self = text.flatMap { try? Records.decode(MountMemory.self, from: $0) } ?? MountMemory()
    }

    var text: String { Records.encode(self) }

    /// Remembered places inside `folders` that hold another file system now and lack databases they had.
    ///
    /// - Parameters:
    ///   - found: paths of all databases there are now.
    ///   - known: paths of those there should be.
    func vanished(folders: [NativePath], found: Set<NativePath>, known: [NativePath]) -> [Place] {
        places.filter { place in
            let path = NativePath(place.path)
            guard folders.contains(where: { path.isInside($0) }), FileSystemIdentity.of(path) != place.identity else {
                return false
            }
            let here = found.contains { $0.isInside(path) }
            return !here || known.contains { $0.isInside(path) && !found.contains($0) }
        }
    }
}
