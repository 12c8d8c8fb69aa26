package import Model

extension PostgresEngine {
    private static let patience = Duration.seconds(10)

    package func clients(of databases: [FoundDatabase]) throws -> ClientListing {
        let connection = try access.get().connect()
        let clients = try PostgresClients(connection).list().map(DatabaseClient.init)
        let members = try PostgresDiscovery.look(connection).databases.map(\.name)
        return ClientListing(
            clients: Dictionary(databases.map { ($0.path, clients) }) { first, _ in first }, isComplete: true,
            members: members)
    }

    package func disconnect(_ clients: [DatabaseClient]) throws -> [DatabaseClient] {
        let ids = clients.compactMap { client in
            client.session.map { PostgresClient.ID(processID: client.processID, since: $0.since) }
        }
        return try PostgresClients(try access.get().connect()).disconnect(ids: ids, grace: Self.patience)
            .map(DatabaseClient.init)
    }

    package func message(_ text: String, until: Instant?, to members: [String]) throws {
        try access.get().send(PostgresNotice(text: text, severity: .warning, until: until), to: members)
    }
}

extension DatabaseClient {
    fileprivate init(_ client: PostgresClient) {
        self.init(
            processID: client.id.processID, command: client.application, uid: nil, user: client.account, unit: nil,
            access: .unknown,
            session: Session(
                database: client.database, address: client.address, since: client.id.since, state: client.state,
                queryAge: client.queryAge))
    }
}
