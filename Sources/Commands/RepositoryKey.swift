internal import Settings

/// What the daemon opens its repository by, as root sees it.
enum RepositoryKey: Sendable, Equatable {
    case file(String)
    /// Encrypted, by systemd's means: only the daemon gets to see the key.
    case sealed(String)
    /// The unit hands over no credential of this name.
    case missing(String)

    /// - Parameters:
    ///   - unit: the daemon's, where it can be told.
    ///   - file: what the packaged unit passes on.
    init(of settings: RepositorySettings, passedBy unit: UnitFile?, otherwise file: String) {
        switch settings.key {
        case .file(let path): self = .file(path)
        case .credential(let name):
            let credential = unit?.credentials.last { $0.name == name }
            if unit == nil {
                self = .file(file)
            } else if let credential {
                self = credential.isSealed ? .sealed(credential.path) : .file(credential.path)
            } else {
                self = .missing(name)
            }
        }
    }

    /// Nil where there is none that the command line could read.
    var file: String? { if case .file(let path) = self { path } else { nil } }
}
