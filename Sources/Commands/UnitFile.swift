internal import Model

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
        for line in text.replacing("\\\n", with: " ").parts(between: ["\n"]) {
            guard !line.begins(with: "#"), !line.begins(with: ";"), let parts = Self.halves(line, at: "=") else {
                continue
            }
            take(Self.trimmed(parts.0), Self.trimmed(parts.1))
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
            folders += Self.words(value).filter { !$0.begins(with: "-") }.map { $0.rest(after: "+") ?? $0 }
        default: break
        }
    }

    /// `NAME:PATH`, or a name that is looked up in the folders of credentials.
    private static func credential(_ value: String, isSealed: Bool) -> Credential {
        let store = isSealed ? "/etc/credstore.encrypted" : "/etc/credstore"
        let (name, path) = halves(value[...], at: ":").map { (String($0.0), String($0.1)) } ?? (value, value)
        return Credential(
            name: name, path: path.begins(with: "/") ? path : "\(store)/\(path)", isSealed: isSealed)
    }

    /// What is before the first separator, and what is after it.
    private static func halves(_ text: Substring, at separator: Unicode.Scalar) -> (Substring, Substring)? {
        let scalars = text.unicodeScalars
        guard let place = scalars.firstIndex(of: separator) else { return nil }
        return (text[..<place], text[scalars.index(after: place)...])
    }

    private static func trimmed(_ text: Substring) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(text[first..<scalars.index(after: last)])
    }

    /// Words between spaces, or in double quotes.
    private static func words(_ text: String) -> [String] {
        var (words, word, isQuoted, isEscaped) = ([String](), "", false, false)
        for scalar in text.unicodeScalars {
            if isEscaped {
                word.unicodeScalars.append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "\"" {
                isQuoted.toggle()
            } else if scalar.properties.isWhitespace, !isQuoted {
                words.append(word)
                word = ""
            } else {
                word.unicodeScalars.append(scalar)
            }
        }
        return (words + [word]).filter { !$0.isEmpty }.map { $0.replacing("%%", with: "%") }
    }
}
