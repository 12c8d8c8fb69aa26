internal import Model
internal import Wire

extension RouteTable {
    static let databases: [Route] = [
        Route(
            .get, "/v1/databases", .viewStatus, "Databases and how well they are backed up",
            parameters: [.init("deleted", .boolean, "also those whose deletion was confirmed")],
            answer: .document(.list(of: Database.self))
        ) { call in
            try .list(await call.service.databases(deleted: try call.flag("deleted"), for: call.actor))
        },
        Route(
            .get, "/v1/databases/{name}", .viewStatus, "One database; a unique end of its name is enough",
            answer: .document(.of(Database.self))
        ) { call in
            try .json(await call.service.database(call.step("name"), for: call.actor))
        },
        Route(
            .post, "/v1/databases/close", .closeDatabases, "Close databases to their clients",
            body: .of(CloseRequest.self), answer: .document(.list(of: ClosedDatabase.self))
        ) { call in
            try .list(await call.service.closeDatabases(try call.request(CloseRequest.self), by: call.actor))
        },
        Route(
            .post, "/v1/databases/open", .closeDatabases, "Open closed databases to their clients again",
            body: .of(OpenRequest.self), answer: .document(.list(of: DatabaseName.self))
        ) { call in
            try .list(await call.service.openDatabases(try call.request(OpenRequest.self), by: call.actor))
        },
        Route(
            .get, "/v1/clients", .viewClients, "Clients: sessions, and processes that have databases open",
            parameters: [.init("database", .text, "a name, a unique end of one, a server or a shell pattern")],
            answer: .document(.list(of: DatabaseClient.self))
        ) { call in
            try .list(await call.service.clients(of: call.text("database"), for: call.actor))
        },
        Route(
            .post, "/v1/clients/disconnect", .disconnectClients, "End the sessions of clients",
            body: .of(DisconnectRequest.self), answer: .document(.of(DisconnectReply.self))
        ) { call in
            try .json(
                await call.service.disconnectClients(try call.request(DisconnectRequest.self), by: call.actor))
        },
        Route(
            .post, "/v1/clients/messages", .messageClients, "Tell the clients of databases something",
            body: .of(ClientMessage.self), answer: .document(.list(of: DatabaseName.self))
        ) { call in
            try .list(await call.service.messageClients(try call.request(ClientMessage.self), by: call.actor))
        },
    ]
}
