internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import Model
internal import NIOCore
internal import Wire

/// Takes every request through the same steps: known route, known caller, granted privilege, sane input, answer.
struct Responder: Sendable {
    static let bodyLimit = 1 << 20

    let service: any Wire.Service
    let grants: any Grants
    let logger: Logger

    @concurrent func respond(
        to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        let reply: Reply
        do {
            reply = try await answer(request, on: channel)
        } catch {
            let fault = Fault.wrapping(error)
            if fault.code == .internalError { logger.error("request failed", metadata: ["fault": "\(fault)"]) }
            reply = .problem(fault)
        }
        try await writer.write(reply)
    }

    private func answer(_ request: Request, on channel: any Channel) async throws -> Reply {
        let method = request.method.rawValue
        switch RouteTable.find(method, request.uri.path) {
        case .nothing:
            return .problem(Fault(.notFound, "no route \(method) \(request.uri.path)", hint: "see /v1/openapi.json"))
        case .otherMethods(let methods):
            let fault = Fault(.wrongUsage, "\(request.uri.path) doesn't take \(method)", hint: "see /v1/openapi.json")
            return .problem(fault, status: 405, headers: ["allow": methods.joined(separator: ", ")])
        case .route(let route, let steps):
            let actor = try await Peer.actor(of: channel)
            let granted = try await authorise(actor, for: route)
            let query = try query(request, of: route)
            guard let body = try await body(request) else {
                let fault = Fault(.wrongUsage, "the request's body is longer than \(ByteCount(Self.bodyLimit))")
                return .problem(fault, status: 413, headers: ["connection": "close"])
            }
            return try await route.answering(
                Call(
                    actor: actor, privileges: granted, service: service, steps: steps, query: query, body: body,
                    bodySchema: route.body, lastEventID: HTTPField.Name("last-event-id").flatMap { request.headers[$0] }
                ))
        }
    }

    /// The one place where callers are let through.
    private func authorise(_ actor: Actor, for route: Route) async throws -> Set<Privilege> {
        let granted = try await grants.privileges(of: actor)
        guard granted.contains(route.privilege) else {
            throw Fault(
                .notPermitted, "\(actor) may not \(route.privilege.rawValue)",
                hint: "ask an administrator for the privilege `\(route.privilege.rawValue)`")
        }
        return granted
    }

    private func query(_ request: Request, of route: Route) throws -> [String: [String]] {
        guard let pairs = PercentEncoding.pairs(request.uri.query ?? "") else {
            throw Fault(.wrongUsage, "cannot read the request's query")
        }
        for pair in pairs where !route.parameters.contains(where: { $0.name == pair.name }) {
            let known = route.parameters.map(\.name).joined(separator: ", ")
            throw Fault(
                .wrongUsage, "unknown parameter \(pair.name)",
                hint: known.isEmpty ? "\(route.path) takes none" : "known parameters: \(known)")
        }
        return Dictionary(grouping: pairs, by: \.name).mapValues { $0.map(\.value) }
    }

    /// Nil when it is longer than the limit.
    private func body(_ request: Request) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        for try await buffer in request.body {
            guard bytes.count + buffer.readableBytes <= Self.bodyLimit else { return nil }
            bytes += buffer.readableBytesView
        }
        return bytes
    }
}
