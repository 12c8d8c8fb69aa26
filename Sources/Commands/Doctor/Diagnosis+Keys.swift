internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Diagnosis {
    mutating func examine(keyFile path: String) {
        do {
            guard let status = try Files.status(path) else {
                return add(
                    "key", .problem, "key file \(path) does not exist",
                    hint: "bring it back; without it, the words of the recovery key open the repository, also for a "
                        + "new key by `holdfast repository keys add`")
            }
            if status.mode & 0o077 != 0 {
                add(
                    "key", .problem, "key file \(path) may be read by others", hint: "run `chmod 600 \(path.shellWord)`"
                )
            } else {
                add("key", .good, "key file \(path) is closed to others")
            }
        } catch {
            add("key", .warning, Fault.wrapping(error).message, hint: "run this as root to see it")
        }
    }

    /// The key by which the daemon opens the repository.
    mutating func examine(_ key: RepositoryKey) {
        switch key {
        case .file(let path): examine(keyFile: path)
        case .sealed(let path):
            if Files.exists(path) {
                add("key", .good, "the key lies encrypted in \(path), and opens the repository on this machine only")
            } else {
                add(
                    "key", .problem, "there is no \(path), from which the daemon's unit takes the key",
                    hint: "bring it back, or correct LoadCredentialEncrypted= (`systemctl edit holdfastd`)")
            }
        case .missing(let name):
            add(
                "key", .problem, "the daemon's unit hands over no credential \(name), as the settings want",
                hint: "add LoadCredential=\(name):PATH to it (`systemctl edit holdfastd`), or set `key_file`")
        }
    }

    /// Whether the backups could still be read if this machine were lost with its key.
    mutating func examine(_ slots: [KeySlot]) {
        if let recovery = slots.filter({ $0.kind == .recovery }).max(by: { $0.created < $1.created }) {
            let date = Text.time(recovery.created).prefix(10)
            return add(
                "keys", .good, "a recovery key was made and shown on \(date); see that its words are kept elsewhere")
        }
        let remedy = "run `holdfast repository keys add --recovery`, and keep its words on another machine or on paper"
        if slots.count < 2 {
            add("keys", .warning, "one key only opens the repository: lost with it are all backups", hint: remedy)
        } else if !slots.contains(where: { $0.kind == .passphrase }) {
            add(
                "keys", .warning, "no recovery key was made; see that the key files are kept elsewhere too",
                hint: remedy)
        } else {
            add("keys", .good, "\(slots.count) keys open the repository, a passphrase among them")
        }
    }
}
