/// What a unit's file and its drop-ins say together. Source: systemd.syntax(7), systemd.exec(5).
package struct UnitFile: Sendable, Equatable {
    /// A secret that systemd hands the unit under a name.
    package struct Credential: Sendable, Equatable {
        package var name: String
        package var path: String
        /// Bound to this machine: only systemd opens it.
        package var isSealed: Bool
    }

    /// Of one name the last one counts.
    package private(set) var credentials: [Credential] = []
    /// Without them systemd can't make the unit's view of the file system.
    package private(set) var folders: [String] = []

    /// - Parameter text: as `systemctl cat` prints it: the files in the order in which they count.
    package init(text: String) {
        for line in text.replacing("\\\n", with: " ").split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !line.hasPrefix("#"), !line.hasPrefix(";") else { continue }
            take(Self.trimmed(parts[0]), Self.trimmed(parts[1]))
        }
    }

    private mutating func take(_ key: String, _ value: String) {
        switch key {
        case "LoadCredential", "LoadCredentialEncrypted":
            // Either one without a value takes back both.
            if value.isEmpty {
                credentials = []
            } else {
                credentials.append(Self.credential(value, isSealed: key == "LoadCredentialEncrypted"))
            }
        case "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths":
            // `-` stands before what may be missing, `+` before what is seen from the unit's own root.
            folders += Self.words(value).filter { !$0.hasPrefix("-") }.map { String($0.drop { $0 == "+" }) }
        default: break
        }
    }

    /// `NAME:PATH`, or a name that is looked up in the folders of credentials.
    private static func credential(_ value: String, isSealed: Bool) -> Credential {
        let parts = value.split(separator: ":", maxSplits: 1).map(String.init)
        let store = isSealed ? "/etc/credstore.encrypted" : "/etc/credstore"
        let path = parts.count == 2 ? parts[1] : value
        return Credential(
            name: parts.first ?? value, path: path.hasPrefix("/") ? path : "\(store)/\(path)", isSealed: isSealed)
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Words between spaces, or in double quotes.
    private static func words(_ text: String) -> [String] {
        var (words, word, isQuoted, isEscaped) = ([String](), "", false, false)
        for character in text {
            if isEscaped {
                (word, isEscaped) = (word + String(character), false)
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character.isWhitespace, !isQuoted {
                words.append(word)
                word = ""
            } else {
                word.append(character)
            }
        }
        return (words + [word]).filter { !$0.isEmpty }.map { $0.replacing("%%", with: "%") }
    }
}
