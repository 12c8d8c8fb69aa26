internal import Model
internal import Wire

extension RouteTable {
    static let backups: [Route] = [
        Route(
            .post, "/v1/backups", .backUp, "Back up now; 429 with Retry-After in cooldown",
            body: .of(BackupRequest.self), answer: .accepted(.of(BackupReply.self))
        ) { call in
            let reply = try await call.service.requestBackup(try call.request(BackupRequest.self), by: call.actor)
            let location = reply.runs.count == 1 ? "/v1/runs/\(reply.runs[0].id)" : "/v1/runs"
            return .accepted(try WireCoding.encode(reply), location: location)
        },
        Route(
            .get, "/v1/backups", .viewBackups, "Recovery points, newest first",
            parameters: [
                .init("database", .text, "may be repeated: a name, a unique end of one, a server or a shell pattern"),
                .init("deleted", .boolean, "also those in soft delete"),
                .init("since", .time, "only later ones"),
                .init("until", .time, "only earlier ones"),
                .init("limit", .integer, "at most so many"),
            ],
            answer: .document(.list(of: Backup.self))
        ) { call in
            let filter = BackupFilter(
                databases: call.texts("database"), deleted: try call.flag("deleted"), since: try call.instant("since"),
                until: try call.instant("until"), limit: try call.limit())
            return try await .list(call.service.backupListing(filter, for: call.actor))
        },
        Route(.get, "/v1/backups/{id}", .viewBackups, "One recovery point", answer: .document(.of(Backup.self))) {
            call in try .json(await call.service.backup(try call.backupID(), for: call.actor))
        },
        Route(
            .get, "/v1/backups/{id}/content", .download, "The backup as a file, without restoring it", answer: .file
        ) { call in
            .file(try await call.service.download(try call.backupID(), by: call.actor))
        },
        Route(
            .post, "/v1/backups/{id}/preserve", .keepBackups, "Never delete it by policy",
            answer: .document(.of(Backup.self))
        ) { call in
            try .json(await call.service.preserve(try call.backupID(), by: call.actor))
        },
        Route(
            .post, "/v1/backups/{id}/release", .keepBackups, "Let policy delete it again",
            answer: .document(.of(Backup.self))
        ) { call in
            try .json(await call.service.release(try call.backupID(), by: call.actor))
        },
        Route(
            .delete, "/v1/backups/{id}", .deleteBackups, "Delete it; can be undone for 24 hours",
            answer: .document(.of(Backup.self))
        ) { call in
            try .json(await call.service.delete(try call.backupID(), by: call.actor))
        },
        Route(
            .post, "/v1/backups/{id}/undelete", .deleteBackups, "Take the deletion back",
            answer: .document(.of(Backup.self))
        ) { call in
            try .json(await call.service.undelete(try call.backupID(), by: call.actor))
        },
    ]
}
