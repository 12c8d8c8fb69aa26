import Model
import Wire

extension RestoreRequest {
    /// The command line that does the same without a daemon.
    /// - Parameter keyFile: nil has it ask for a passphrase or the words of a recovery key.
    func command(repository: String, keyFile: String?) -> String {
        let options: [(String, String?)] = [
            ("--backup", backup?.description), ("--at", at?.rfc3339Exact()), ("--lsn", lsn),
            ("--xid", xid.map { "\($0)" }),
            ("--restore-point", restorePoint), ("--timeline", timeline.map { "\($0)" }), ("--to", to),
            ("--repository", repository), ("--key-file", keyFile),
        ]
        let flags = [
            inPlace ? "--in-place" : nil, promote ? "--promote" : nil, evenIfInUse ? "--even-if-in-use" : nil,
            discardReplaced ? "--discard-replaced" : nil,
        ].compactMap(\.self)
        let words = options.flatMap { name, value in value.map { [name, $0.shellWord] } ?? [] }
        return (["holdfast", "restore", database.shellWord] + flags + words).joined(separator: " ")
    }
}
