internal import Model
internal import Platform
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

    /// As the daemon's unit on this machine says.
    init(of settings: RepositorySettings, in surroundings: Surroundings) async {
        let unit = await surroundings.site.service.file(of: SystemdUnit.unit)
        self.init(of: settings, passedBy: unit, otherwise: surroundings.site.keyFile)
    }

    /// Nil where there is none that the command line could read.
    var file: String? { if case .file(let path) = self { path } else { nil } }

    /// The same, where it is there.
    var presentFile: String? { file.flatMap { Files.exists($0) ? $0 : nil } }

    /// How root makes a key file of a key that lies encrypted; nil for another. Source: systemd-creds(1).
    func unsealing(_ settings: RepositorySettings) -> String? {
        guard case .sealed(let path) = self, case .credential(let name) = settings.key else { return nil }
        return "the key lies encrypted: `(umask 077; systemd-creds decrypt --name=\(name.shellWord) \(path.shellWord) "
            + "/run/holdfast.key)` makes a file of it for --key-file, on this machine; remove that file afterwards"
    }
}
