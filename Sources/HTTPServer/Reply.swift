internal import Model
internal import Wire

/// What a route answers.
enum Reply: Sendable {
    case document([UInt8])
    /// 202: work goes on and is seen at `location`.
    case accepted([UInt8], location: String)
    /// Server-sent events until the stream ends, the reader leaves or the daemon stops.
    case events(EventFeed)
    case file(Download)
    /// A list that is written as it is read.
    case listing([[Backup]], rest: BackupListing)
    /// `status` overrides the one that belongs to the code.
    case problem(Fault, status: Int? = nil, headers: [String: String] = [:])

    static func json(_ value: some Encodable) throws -> Reply { .document(try WireCoding.encode(value)) }

    static func list<Item: Codable & Sendable>(_ items: [Item]) throws -> Reply { try json(Listing(items)) }

    /// As a document of known length when it is short.
    static func list(_ listing: BackupListing) async throws -> Reply {
        guard let first = try await listing.next() else { return try list([Backup]()) }
        guard let second = try await listing.next() else { return try list(first) }
        return .listing([first, second], rest: listing)
    }

    static func run(_ run: Run) throws -> Reply {
        .accepted(try WireCoding.encode(run), location: "/v1/runs/\(run.id)")
    }
}
