import Catalog
package import Engines
package import Model
import Platform
import Settings
package import Wire

extension Host {
    /// One that doesn't answer is told by `status`.
    func examine(_ server: HostedServer) -> [Symptom] {
        guard let outlook = try? server.engine.outlook() else { return [] }
        let ours = Set(((try? catalog.databases(server: server.name)) ?? []).map { Self.slotName($0.unit) })
        return outlook.symptoms(
            of: server.name, follows: server.settings.followsLog, ours: ours, now: WallClock.now())
    }
}

extension ServerOutlook {
    /// - Parameters:
    ///   - follows: whether the server's log is to be received.
    ///   - ours: the names of the slots by which it is.
    package func symptoms(of server: String, follows: Bool, ours: Set<String>, now: Instant) -> [Symptom] {
        var symptoms = slots.compactMap { symptom(of: $0, server, isOurs: follows && ours.contains($0.name)) }
        if slotLimit == nil, !slots.isEmpty {
            symptoms.append(
                Symptom(
                    server, .warning,
                    "keeps its log for slots without limit: its disk fills up while the daemon is down",
                    hint: "as a superuser: ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf()"))
        }
        return symptoms + [certificateAge(of: server, now)].compactMap(\.self)
    }

    private func symptom(of slot: Slot, _ server: String, isOurs: Bool) -> Symptom? {
        guard isOurs else {
            guard !slot.isActive else { return nil }
            return Symptom(
                server, .warning, "nobody uses replication slot \(slot.name), which keeps \(slot.kept) of its log",
                hint:
                    "unless another daemon of ours follows the server: SELECT pg_drop_replication_slot('\(slot.name)')")
        }
        if slot.isLost {
            return Symptom(
                server, .problem, "let go of log that was not received yet (slot \(slot.name))",
                hint: "a full backup is made by itself; raise max_slot_wal_keep_size against the next time")
        }
        if let slotLimit, slot.kept.bytes > slotLimit.bytes / 2 {
            return Symptom(
                server, .problem, "\(slot.kept) of its log wait to be received; past \(slotLimit) they are lost",
                hint: "see `holdfast messages --database \(server)` for what keeps it from being received")
        }
        guard slot.isActive else {
            return Symptom(
                server, .warning, "its log is not received at present; \(slot.kept) wait",
                hint: "see `holdfast messages --database \(server)`")
        }
        return Symptom(server, .good, "its log is received; \(slot.kept) wait")
    }

    private func certificateAge(of server: String, _ now: Instant) -> Symptom? {
        guard let certificate else { return nil }
        guard let certificateExpires else {
            return Symptom(
                server, .warning, "the age of its certificate \(certificate) can't be told",
                hint:
                    "let the daemon's user read it, or look by `openssl x509 -enddate -noout -in "
                    + "\(certificate.shellWord)`"
            )
        }
        let days = (certificateExpires - now).components.seconds / 86_400
        let date = certificateExpires.rfc3339().prefix(10)
        let renewal = "renew \(certificate), then reload the server; a window's task certificate-renewal can do both"
        if certificateExpires <= now {
            return Symptom(server, .problem, "its certificate \(certificate) expired on \(date)", hint: renewal)
        }
        guard days >= 30 else {
            return Symptom(
                server, days < 7 ? .problem : .warning,
                "its certificate \(certificate) expires on \(date), in \(days) days", hint: renewal)
        }
        return Symptom(server, .good, "its certificate is valid until \(date)")
    }
}
