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
            .get, "/v1/clients", .viewClients, "Processes that have databases open",
            parameters: [.init("database", .text, "a name, a unique end of one, a server or a shell pattern")],
            answer: .document(.list(of: DatabaseClient.self))
        ) { call in
            try .list(await call.service.clients(of: call.text("database"), for: call.actor))
        },
    ]
}
