/// Where a PostgreSQL cluster listens, as far as plain keywords of its `connection` say so.
struct ClusterPlace: Hashable {
    let host: String
    let port: String

    /// - Parameter connection: `host=/var/run/postgresql user=holdfast`; nil for quoted values, addresses and services, of
    ///   which only the running daemon finds out.
    init?(_ connection: String) {
        guard !connection.contains(where: { "'\\".contains($0) }), !connection.contains("://") else { return nil }
        var options: [Substring: Substring] = [:]
        for word in connection.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            options[parts[0]] = parts[1]
        }
        guard options["service"] == nil, options["hostaddr"] == nil else { return nil }
        let folder = options["host"] ?? ""
        host = String(folder.count > 1 && folder.hasSuffix("/") ? folder.dropLast() : folder)
        port = options["port"].map { $0.isEmpty ? "5432" : String($0) } ?? "5432"
    }
}
