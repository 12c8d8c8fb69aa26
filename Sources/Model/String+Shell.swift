extension StringProtocol {
    /// As a shell takes it for one word: in quotes where it holds anything but letters, digits and a few plain signs.
    package var shellWord: String {
        let isPlain = unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "/._-+:@%,=".unicodeScalars.contains($0)
        }
        return isPlain && !isEmpty ? String(self) : "'\(String(self).changing(["'"]) { _ in "'\\''" })'"
    }
}

extension DatabaseName {
    /// For commands in hints.
    package var shellWord: String { text.shellWord }
}
