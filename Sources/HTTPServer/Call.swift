internal import Model
internal import Wire

/// A request that has been let in, as routes see it.
struct Call: Sendable {
    let actor: Actor
    let privileges: Set<Privilege>
    let service: any Wire.Service
    /// The texts of the path's steps in braces.
    let steps: [String: String]
    let query: [String: [String]]
    let body: [UInt8]
    let bodySchema: Schema?
    /// Where a follower that lost its connection goes on.
    let lastEventID: String?

    func step(_ name: String) -> String { steps[name] ?? "" }

    func backupID() throws -> BackupID {
        guard let id = BackupID(step("id")) else {
            throw Fault(.notFound, "no backup \(step("id"))", hint: "list them with `holdfast backups`")
        }
        return id
    }

    func texts(_ name: String) -> [String] { query[name] ?? [] }

    func text(_ name: String) -> String? { query[name]?.last }

    /// `1`, `true` or nothing after the name mean yes.
    func flag(_ name: String) throws -> Bool {
        switch text(name) {
        case nil, "0", "false": false
        case "", "1", "true": true
        default: throw Self.wrong(name, "1 or 0")
        }
    }

    func instant(_ name: String) throws -> Instant? {
        try read(name, "a time such as 2026-11-22T10:00:00Z") { Instant(rfc3339: $0) }
    }

    func limit() throws -> Int? { try read("limit", "a number from 1") { Int($0).flatMap { $0 > 0 ? $0 : nil } } }

    func read<Value>(_ name: String, _ expectation: String, _ convert: (String) -> Value?) throws -> Value? {
        guard let text = text(name) else { return nil }
        guard let value = convert(text) else { throw Self.wrong(name, expectation) }
        return value
    }

    /// The body as a request; an empty one means all defaults. Unknown fields are refused.
    func request<Request: Decodable>(_ type: Request.Type) throws -> Request {
        let body = body.isEmpty ? Array("{}".utf8) : body
        let request = try WireCoding.decode(type, from: body)
        let known = Set(bodySchema?.fieldNames ?? [])
        let unknown = JSONObject.fieldNames(body).filter { !known.contains($0) }
        guard unknown.isEmpty else {
            throw Fault(
                .wrongUsage, "unknown field \(unknown.sorted().joined(separator: ", "))",
                hint: "known fields: \(known.sorted().joined(separator: ", "))")
        }
        return request
    }

    private static func wrong(_ name: String, _ expectation: String) -> Fault {
        Fault(.wrongUsage, "parameter \(name) must be \(expectation)")
    }
}
