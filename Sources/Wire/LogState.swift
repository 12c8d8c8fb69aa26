package import Model

/// How the write-ahead log of a server is received.
package struct LogState: Sendable, Codable, Equatable {
    /// Everything that the server had committed by then can be restored, as long as the server's log is received.
    package var completeAsOf: Instant?
    /// What the server keeps for us, as of the last look.
    package var lag: ByteCount?
    /// Why nothing is received at present.
    package var fault: ProblemObject?

    package init(completeAsOf: Instant?, lag: ByteCount?, fault: ProblemObject?) {
        self.completeAsOf = completeAsOf
        self.lag = lag
        self.fault = fault
    }
}
