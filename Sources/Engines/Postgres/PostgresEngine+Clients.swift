package import Model
import Platform

extension PostgresEngine {
    private static let patience = Duration.seconds(10)

    package func clients(of databases: [FoundDatabase]) throws -> ClientListing {
        let connection = try access.get().connectAnyhow()
        let clients = try PostgresClients(connection).list().map(DatabaseClient.init)
        let members = try PostgresDiscovery.databaseNames(connection)
        return ClientListing(
            clients: Dictionary(databases.map { (NativePath($0.path), clients) }) { first, _ in first },
            isComplete: true,
            members: members)
    }

    package func disconnect(_ clients: [DatabaseClient]) throws -> [DatabaseClient] {
        let ids = clients.compactMap { client in
            client.session.map { PostgresClient.ID(processID: client.processID, since: $0.since) }
        }
        return try PostgresClients(try access.get().connectAnyhow()).disconnect(ids: ids, grace: Self.patience)
            .map(DatabaseClient.init)
    }

    package func message(_ text: String, until: Instant?, to members: [String]) throws {
        try access.get().send(PostgresNotice(text: text, severity: .warning, until: until), to: members)
    }
}

extension PostgresEngine {
    package func planClosing(_ member: String) throws -> String {
        let fence = PostgresFence(try access.get().connectAnyhow())
        let plan = try fence.plan(databases: [member])
        if let remedy = try fence.remedy(for: plan) {
            throw Fault(
                .notPermitted, "the role of server \(server.name) may not close database \(PostgresIdentifier(member))",
                hint: remedy)
        }
        return Records.encode(plan)
    }

    package func refuse(_ plan: String) throws { try fence().refuse(try Self.plan(plan)) }
    package func close(_ plan: String) throws { _ = try fence().close(try Self.plan(plan)) }
    package func hold(_ plan: String) throws { _ = try fence().hold(try Self.plan(plan)) }
    package func reopen(_ plan: String) throws { try fence().reopen(try Self.plan(plan)) }

    package func leftovers() throws -> [ClosedMember] {
        guard let all = try fence().leftovers() else { return [] }
        return all.databases.map { entry in
            var plan = all
            plan.databases = [entry]
            return ClosedMember(member: entry.name, plan: Records.encode(plan))
        }
    }

    package func upkeepGaps() throws -> UpkeepGaps {
        let fence = try fence()
        var gaps = UpkeepGaps()
        gaps.closing = try fence.remedy(for: try fence.plan())
        if try !fence.isSuperuser() {
            gaps.tending = ["ALTER ROLE \(PostgresIdentifier(fence.connection.user)) SUPERUSER"]
        }
        return gaps
    }

    private func fence() throws -> PostgresFence { PostgresFence(try access.get().connectAnyhow()) }

    private static func plan(_ text: String) throws -> PostgresFencePlan {
        try Records.decode(PostgresFencePlan.self, from: text)
    }
}

extension DatabaseClient {
    fileprivate init(_ client: PostgresClient) {
        self.init(
            processID: client.id.processID, command: client.application, uid: nil, user: client.account, unit: nil,
            access: .unknown,
            session: Session(
                database: client.database, address: client.address, since: client.id.since, state: client.state,
                queryAge: client.queryAge, idleSince: client.isActive ? nil : client.lastActivity))
    }
}
