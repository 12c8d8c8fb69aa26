internal import HTTPTypes
internal import HummingbirdCore
internal import Model
internal import NIOCore
internal import Wire

extension ResponseWriter {
    @concurrent consuming func write(_ reply: Reply) async throws {
        switch reply {
        case .document(let bytes):
            try await send(200, "application/json", bytes)
        case .accepted(let bytes, let location):
            try await send(202, "application/json", bytes, ["location": location])
        case .problem(let fault, let status, let headers):
            var headers = headers
            if let seconds = fault.context["retry_after_seconds"] { headers["retry-after"] = seconds }
            let bytes = try WireCoding.encode(ProblemObject(fault))
            try await send(status ?? fault.code.httpStatus, "application/problem+json", bytes, headers)
        case .events(let feed):
            try await send(feed)
        case .listing(let begun, let rest):
            try await send(begun, rest)
        case .file(let download):
            defer { download.close() }
            try await send(download)
        }
    }

    @concurrent private consuming func send(
        _ status: Int, _ type: String, _ bytes: [UInt8], _ headers: [String: String] = [:]
    ) async throws {
        let fields = HTTPFields(type, headers.merging(["content-length": String(bytes.count)]) { own, _ in own })
        let head = HTTPResponse(status: .init(code: status), headerFields: fields)
        try await write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    @concurrent private consuming func send(_ feed: EventFeed) async throws {
        let fields = HTTPFields("text/event-stream", ["cache-control": "no-store", "connection": "close"])
        var body = try await writeHead(HTTPResponse(status: .ok, headerFields: fields))
        try await feed.run { try await body.write(ByteBuffer(bytes: $0)) }
        try await body.finish(nil)
    }

    /// A list that fails in the middle ends the connection before its end, so that no reader takes a part for the whole.
    @concurrent private consuming func send(_ begun: [[Backup]], _ rest: BackupListing) async throws {
        var body = try await writeHead(HTTPResponse(status: .ok, headerFields: HTTPFields("application/json", [:])))
        try await body.write(ByteBuffer(string: #"{"items":["#))
        var waiting = begun[...]
        var isFirst = true
        while let part = if let begun = waiting.popFirst() { begun } else { try await rest.next() } {
            guard !part.isEmpty else { continue }
            var buffer = ByteBuffer(string: isFirst ? "" : ",")
            buffer.writeBytes(try WireCoding.encode(part).dropFirst().dropLast())
            try await body.write(buffer)
            isFirst = false
        }
        try await body.write(ByteBuffer(string: "]}"))
        try await body.finish(nil)
    }

    /// A source that fails in the middle ends the connection short of the announced length, so that no reader takes a
    /// part for the whole.
    @concurrent private consuming func send(_ download: Download) async throws {
        let name = download.fileName.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._- ".contains($0)) }
        let fields = HTTPFields(
            "application/octet-stream",
            [
                "content-length": String(download.length.bytes),
                "content-disposition": "attachment; filename=\"\(name.isEmpty ? "backup" : name)\"",
            ])
        var body = try await writeHead(HTTPResponse(status: .ok, headerFields: fields))
        while let bytes = try await download.next() { try await body.write(ByteBuffer(bytes: bytes)) }
        try await body.finish(nil)
    }
}

extension HTTPFields {
    fileprivate init(_ type: String, _ others: [String: String]) {
        self.init()
        self[.contentType] = type
        for (name, value) in others {
            if let name = HTTPField.Name(name) { self[name] = value }
        }
    }
}
