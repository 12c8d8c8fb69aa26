/// Settings by which a throw-away server loads and runs nothing that the restored cluster's own settings name.
enum PostgresTrialSettings {
    /// Of the server and, since those of a role or a database outrank the server's, of every session again.
    ///
    /// Only a superuser may set some of them, which the role that `initdb` made is.
    /// - Parameter version: the major one.
    static func session(version: Int) -> [String: String] {
        var settings = ["session_preload_libraries": "", "local_preload_libraries": "", "jit": "off"]
        if version >= 17 { settings["event_triggers"] = "off" }
        if version >= 18 { settings["extension_control_path"] = "$system" }
        return settings
    }

    /// As the option `options` of a connection.
    static func words(version: Int) -> String {
        session(version: version).sorted { $0.key < $1.key }.map { "-c \($0.key)=\($0.value)" }
            .joined(separator: " ")
    }

    /// Also what a server loads and starts by itself. The last line of its configuration says `restore_command` where it
    /// follows a log; elsewhere none is run.
    static func server(version: Int) -> [String: String] {
        session(version: version).merging([
            "shared_preload_libraries": "", "jit_provider": "llvmjit", "max_logical_replication_workers": "0",
            "primary_conninfo": "", "archive_mode": "off", "archive_command": "", "archive_cleanup_command": "",
            "recovery_end_command": "", "ssl": "off", "ssl_passphrase_command": "",
        ]) { $1 }
    }
}
