import Catalog
import Engines
import Model
import Platform
import Synchronization

/// What people are told of a log that is received.
extension LogFollower {
    func tell(_ fault: Fault) {
        let isNew = state.withLock { state in
            defer { state.fault = fault }
            return state.fault?.code != fault.code
        }
        lookAtLag()
        guard isNew else { return }
        let isLoss = fault.code == .logGap || fault.code == .logDiffers
        // Once the log is received again, so that it goes on from that backup.
        if isLoss { state.withLock { $0.needsBackup = true } }
        let code: Code = isLoss || fault.code == .slotUnlimited ? fault.code : .logFailed
        host.say([
            MessageDraft(
                isLoss ? .error : .warning, code,
                isLoss ? fault.message : "the log of server \(server.name) is not received: \(fault.message)",
                database: DatabaseName(server.name), cause: fault.cause, hint: fault.hint)
        ])
    }

    func tellBegun(isFirst: Bool) {
        let (fault, needsBackup) = state.withLock { state in
            defer { (state.fault, state.needsBackup) = (nil, false) }
            return (state.fault, state.needsBackup)
        }
        if needsBackup { host.backUpAfterGap(server) }
        // Whose log comes can be asked again: nobody waits for the next look to learn it.
        if host.silence(of: server.name) != nil {
            Threads.start("discovery-\(server.name)") { [host, server] in _ = try? host.discover(server) }
        }
        guard fault != nil || isFirst else { return }
        host.say([
            MessageDraft(
                .info, .logFollowed, "the log of server \(server.name) is received as it is written",
                database: DatabaseName(server.name))
        ])
    }

    func lookAtLag() {
        guard let slot = state.withLock({ $0.slot }), let lag = try? server.engine.logLag(slot) else { return }
        let wasLarge = state.withLock { state in
            defer { state.lag = lag }
            return state.lag?.isLarge ?? false
        }
        guard lag.isLarge, !wasLarge else { return }
        host.say([
            MessageDraft(
                .warning, .logLag,
                "\(lag.bytes) of the log of server \(server.name) wait to be received"
                    + (lag.limit.map { "; past \($0) they are lost" } ?? ""),
                database: DatabaseName(server.name),
                hint: "see whether the repository's disk is slow or full")
        ])
    }
}

extension LogLag {
    /// More than half of what the server may keep, or than a gigabyte.
    fileprivate var isLarge: Bool { bytes.bytes > min(limit.map { $0.bytes / 2 } ?? .max, 1 << 30) }
}
