internal import Model

/// Where a PostgreSQL cluster listens, as far as plain keywords of its `connection` say so.
struct ClusterPlace: Hashable {
    let host: String
    let port: String

    /// - Parameter connection: `host=/var/run/postgresql user=holdfast`; nil for quoted values, addresses and services, of
    ///   which only the running daemon finds out.
    init?(_ connection: String) {
        guard !connection.contains(where: { "'\\".contains($0) }), !connection.contains("://") else { return nil }
        var options: [Substring: Substring] = [:]
        for word in Self.words(connection) {
            guard let sign = word.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            options[word[..<sign]] = word[word.utf8.index(after: sign)...]
        }
        guard options["service"] == nil, options["hostaddr"] == nil else { return nil }
        let folder = options["host"] ?? ""
        host = String(folder.utf8.count > 1 && folder.ends(with: "/") ? Substring(folder.utf8.dropLast()) : folder)
        port = options["port"].map { $0.isEmpty ? "5432" : String($0) } ?? "5432"
    }

    /// Between what libpq takes for white space.
    static func words(_ connection: String) -> [Substring] {
        connection.parts(between: [" ", "\t", "\n", "\u{b}", "\u{c}", "\r"])
    }
}
