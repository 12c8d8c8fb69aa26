internal import Glibc
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Wire

/// One request and its answer over a connection of their own.
struct Exchange: Sendable {
    typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    let socket: String
    let request: ClientRequest

    /// Hands the chunks of a good answer's body to `chunk`, in order, until it returns false or the body ends.
    ///
    /// - Parameter start: called with the announced length before the first chunk.
    /// - Throws: the fault that the daemon answered; `daemon-unreachable`, `not-permitted`, `timed-out`.
    @concurrent func run(
        start: @Sendable (ByteCount?) -> Void = { _ in }, chunk: @Sendable (ByteBuffer) async throws -> Bool
    ) async throws {
        let channel = try await connect()
        let request = request
        do {
            try await channel.executeThenClose { inbound, outbound in
                // All at once: the daemon may answer and close before a part that it doesn't need has been written.
                let body = request.body.map { [HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: $0)))] } ?? []
                try await outbound.write(contentsOf: [.head(request.head)] + body + [.end(nil)])
                try await Self.receive(inbound, start: start, chunk: chunk)
            }
        } catch let error as IOError {
            throw Fault(.daemonUnreachable, "the connection to the daemon broke", hint: Self.hint, cause: error)
        } catch let error as ChannelError {
            throw Fault(.daemonUnreachable, "the connection to the daemon broke", hint: Self.hint, cause: error)
        } catch is HTTPParserError {
            throw Fault(.daemonUnreachable, "the daemon ended its answer in the middle", hint: Self.hint)
        }
    }

    private static func receive(
        _ inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>, start: @Sendable (ByteCount?) -> Void,
        chunk: @Sendable (ByteBuffer) async throws -> Bool
    ) async throws {
        var refusal: (status: UInt, body: [UInt8])?
        var isComplete = false
        parts: for try await part in inbound {
            switch part {
            case .head(let head) where head.status.code >= 400:
                refusal = (head.status.code, [])
            case .head(let head):
                start(head.headers.first(name: "content-length").flatMap { Int64($0) }.map { ByteCount($0) })
            case .body(let bytes) where refusal != nil:
                refusal?.body += bytes.readableBytesView
            case .body(let bytes):
                guard try await chunk(bytes) else { return }
            case .end:
                isComplete = true
                break parts
            }
        }
        if let refusal { throw fault(refusal.status, refusal.body) }
        guard isComplete else {
            throw Fault(.daemonUnreachable, "the daemon ended its answer in the middle", hint: hint)
        }
    }

    private func connect() async throws -> Channel {
        let patience = request.patience
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(10))
                .connect(unixDomainSocketPath: socket) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHTTPClientHandlers()
                        if let patience {
                            try pipeline.addHandler(IdleStateHandler(readTimeout: TimeAmount(patience)))
                            try pipeline.addHandler(SilenceHandler(patience: patience))
                        }
                        return try Channel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw unreachable(error)
        }
    }

    private static let hint = "see `systemctl status holdfastd`"

    private func unreachable(_ error: any Error) -> Fault {
        switch (error as? IOError)?.errnoCode {
        case EACCES, EPERM:
            Fault(
                .notPermitted, "may not connect to socket \(socket)",
                hint: "join the group holdfast (`adduser NAME holdfast`, then log in again), or become root")
        case ENOENT:
            Fault(
                .daemonUnreachable, "no daemon listens on socket \(socket)",
                hint: "start it with `systemctl start holdfastd`, or name its socket with --socket")
        case ECONNREFUSED:
            Fault(
                .daemonUnreachable, "the daemon of socket \(socket) is gone",
                hint: "start it with `systemctl start holdfastd`")
        default:
            Fault(.daemonUnreachable, "cannot connect to socket \(socket)", hint: Self.hint, cause: error)
        }
    }

    private static func fault(_ status: UInt, _ body: [UInt8]) -> Fault {
        guard let problem = try? WireCoding.decode(ProblemObject.self, from: body) else {
            return Fault(.internalError, "the daemon answered with status \(status)", hint: hint)
        }
        return problem.fault
    }
}

/// Ends an exchange in which nothing arrives for too long.
private final class SilenceHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let patience: Duration

    init(patience: Duration) { self.patience = patience }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        let seconds = patience.components.seconds
        context.fireErrorCaught(Fault(.timedOut, "the daemon said nothing for \(seconds) seconds"))
        context.close(promise: nil)
    }
}
