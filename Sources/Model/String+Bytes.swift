/// Names and paths are bytes to Linux, and to every server.
///
/// Swift compares text by what it looks like: `é` written as one scalar equals `é` written as two, and a slash that a
/// combining mark follows, or that follows a mark such as U+0600, is another character than a slash. Names that differ only
/// so are different names.
extension StringProtocol {
    /// Whether both are written with the same bytes.
    package func isSame(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    package func begins(with start: some StringProtocol) -> Bool { utf8.starts(with: start.utf8) }

    package func ends(with end: some StringProtocol) -> Bool { utf8.reversed().starts(with: end.utf8.reversed()) }

    /// In the order of bytes, which is also SQLite's.
    package func precedes(_ other: some StringProtocol) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// What follows `start`; nil when it doesn't begin so.
    package func rest(after start: some StringProtocol) -> String? {
        begins(with: start) ? String(self[utf8.index(startIndex, offsetBy: start.utf8.count)...]) : nil
    }

    /// Whether it is a path of several steps.
    package var hasSlash: Bool { utf8.contains(UInt8(ascii: "/")) }
}

extension StringProtocol where SubSequence == Substring {
    /// What is between the separators, whatever stands beside one.
    package func parts(between separators: Set<Unicode.Scalar>, keepingEmpty: Bool = false) -> [Substring] {
        self[...].unicodeScalars.split(omittingEmptySubsequences: !keepingEmpty) { separators.contains($0) }
            .map { Substring($0) }
    }
}
