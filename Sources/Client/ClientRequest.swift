internal import Model
internal import NIOCore
internal import NIOHTTP1

/// One request as the client is about to send it.
struct ClientRequest: Sendable {
    var method: HTTPMethod
    /// Already encoded.
    var path: String
    var query: [(name: String, value: String)] = []
    var body: [UInt8]?
    var headers: [(name: String, value: String)] = []
    /// Ends the exchange when nothing arrives for so long; nil waits for ever.
    var patience: Duration? = .seconds(60)

    init(_ method: HTTPMethod, _ steps: String...) {
        self.method = method
        path = "/v1/" + steps.map(Self.encode).joined(separator: "/")
    }

    var head: HTTPRequestHead {
        var fields = HTTPHeaders([("host", "holdfast"), ("connection", "close")] + headers)
        if let body {
            fields.add(name: "content-type", value: "application/json")
            fields.add(name: "content-length", value: String(body.count))
        } else if method == .POST {
            fields.add(name: "content-length", value: "0")
        }
        let pairs = query.map { "\(Self.encode($0.name))=\(Self.encode($0.value))" }
        let uri = pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
        return HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: fields)
    }

    /// Percent-encoding of everything but unreserved letters. Source: RFC 3986 §2.3.
    private static func encode(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            let letter = Character(UnicodeScalar(byte))
            let isPlain = byte < 128 && (letter.isLetter || letter.isNumber || "-._~".contains(letter))
            result += isPlain ? String(letter) : "%\(Hexadecimal.encode([byte]))"
        }
    }
}
