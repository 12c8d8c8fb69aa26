import Model
import Platform
import Settings

/// Root's settings, as long as nobody but root could have written them.
enum TrustedSettings {
    /// - Throws: `command-refused`, naming the file or folder that others can change; `not-found`, `bad-settings`.
    static func load(_ path: String) throws -> DaemonSettings {
        let main = try TrustedFile.check(path)
        let additions = "\(Files.parent(of: main))/conf.d"
        if Files.exists(additions) {
            try TrustedFile.check(folder: additions)
            for name in try Files.list(additions) where name.ends(with: ".toml") {
                _ = try TrustedFile.check("\(additions)/\(name)")
            }
        }
        return try SettingsFiles.load(main)
    }
}
