import Client
import Glibc
import HTTPServer
import Model
import Synchronization
import Testing
import Wire
import WireTestSupport

@Suite(.timeLimit(.minutes(10))) struct APITests {
    @Test func theCallerOnRecordIsThePeerOfTheSocket() async throws {
        try await withServer { socket, service in
            _ = try await DaemonClient(socket: socket).status()
            guard case .user(let uid, _) = service.actorsSeen.first else {
                Issue.record("no user on record")
                return
            }
            #expect(uid == getuid())
            let identity = try await DaemonClient(socket: socket).identity()
            #expect(identity.actor.uid == getuid() && identity.timeZone == "Europe/Berlin")
            #expect(identity.privileges.count == Privilege.allCases.count)
        }
    }

    @Test func theSocketAdmitsItsGroupAndNobodyElse() async throws {
        try await withServer { socket, _ in
            var status = stat()
            #expect(stat(socket, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o660)
        }
    }

    /// A list of many parts is sent as it is read, and is one document for who asked.
    @Test func aLongListOfBackupsIsOneDocument() async throws {
        for parts in [0, 1, 4] {
            try await withServer(FakeService(longList: parts)) { socket, _ in
                let backups = try await DaemonClient(socket: socket).backups(BackupFilter())
                #expect(backups == Array(repeating: Samples.backup, count: 1 + 2 * parts))
            }
        }
    }

    @Test func everyCallReachesTheServiceAndItsAnswerComesBack() async throws {
        try await withServer { socket, service in
            let client = DaemonClient(socket: socket)
            #expect(try await client.status() == Samples.status)
            #expect(try await client.databases(deleted: true) == [Samples.database])
            #expect(try await client.database("app.db") == Samples.database)
            #expect(try await client.clients(of: "crm/*").first?.unit == "crm.service")
            let reply = try await client.requestBackup(BackupRequest(databases: ["crm/app.db"], full: true))
            #expect(reply.runs.first?.id == "run-1")
            #expect(try await client.backups(BackupFilter(databases: ["a b/ü%"], limit: 3)) == [Samples.backup])
            #expect(try await client.backup(Samples.backupID) == Samples.backup)
            _ = try await client.preserve(Samples.backupID)
            _ = try await client.release(Samples.backupID)
            _ = try await client.delete(Samples.backupID)
            _ = try await client.undelete(Samples.backupID)
            #expect(try await client.restore(RestoreRequest(database: "app.db", to: "/tmp/x")).id == "run-2")
            #expect(try await client.verify(VerifyRequest(level: .restore)).id == "run-3")
            #expect(try await client.drill(DrillRequest(databases: ["app.db"])).runs.map(\.id) == ["run-4"])
            #expect(try await client.runs(RunQuery(active: true)).count == 1)
            #expect(try await client.cancelRun("run-9").state == .cancelled)
            #expect(try await client.acknowledge([MessageID(7)]).first?.id == MessageID(7))
            #expect(try await client.repositorySpace() == Samples.space)
            #expect(try await client.checkRepository().isGood)
            #expect(try await client.keys().count == 1)
            #expect(try await client.addKey(KeyRequest(kind: .recovery)).slot.id == "2")
            #expect(try await client.removeKey("2").id == "2")
            #expect(try await client.effectiveSettings().count == 1)
            #expect(try await client.reload().count == 1)
            let noted = service.noted
            #expect(noted.contains("backup [\"crm/app.db\"] all=false full=true"))
            #expect(noted.contains("backups [\"a b/ü%\"] limit=3"))
            #expect(noted.contains("database app.db") && noted.contains("clients crm/*"))
            #expect(noted.contains("restore app.db to=/tmp/x in_place=false"))
        }
    }

    @Test func aNameWithSlashesIsOneStepOfThePath() async throws {
        try await withServer { socket, service in
            let database = try await DaemonClient(socket: socket).database("crm/app.db")
            #expect(database == Samples.database)
            #expect(service.noted == ["database crm/app.db"])
        }
    }

    @Test func whatIsNotGrantedIsDeniedBeforeTheServiceIsAsked() async throws {
        struct OnlyStatus: Grants {
            func privileges(of actor: Actor) -> Set<Privilege> { [.viewStatus] }
        }
        try await withServer(grants: OnlyStatus()) { socket, service in
            let client = DaemonClient(socket: socket)
            _ = try await client.status()
            await expect(.notPermitted) { _ = try await client.delete(Samples.backupID) }
            await expect(.notPermitted) { _ = try await client.identity() }
            await expect(.notPermitted) { try await client.followMessages(MessageQuery()) { _ in false } }
            #expect(service.noted == ["status"])
        }
    }

    @Test func aFaultCrossesTheWireWhole() async throws {
        try await withServer { socket, service in
            let fault = Fault(
                .inCooldown, "crm/app.db is in cooldown", hint: "try again in 90 seconds",
                context: ["retry_after_seconds": "90"])
            service.fail(with: fault)
            do {
                _ = try await DaemonClient(socket: socket).requestBackup(BackupRequest(all: true))
                Issue.record("no fault")
            } catch {
                #expect(error as? Fault == fault)
            }
            let answer = try await RawClient.exchange(
                socket,
                "POST /v1/backups HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 12\r\n\r\n"
                    + "{\"all\":true}")
            #expect(answer.hasPrefix("HTTP/1.1 429 "))
            #expect(answer.lowercased().contains("retry-after: 90\r\n"))
            #expect(answer.contains("application/problem+json"))
        }
    }

    @Test func workThatGoesOnIsAcceptedWithItsLocation() async throws {
        try await withServer { socket, _ in
            let answer = try await RawClient.exchange(
                socket, "POST /v1/backups HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 202 "))
            #expect(answer.lowercased().contains("location: /v1/runs/run-1\r\n"))
        }
    }

    @Test(arguments: [
        ("GET /v1/nothing", 404), ("GET /", 404), ("GET /v1/status/../x", 404), ("PUT /v1/status", 405),
        ("GET /v1/status?x=1", 400), ("GET /v1/messages?after=abc", 400), ("GET /v1/messages?severity=bad", 400),
        ("GET /v1/backups?limit=0", 400), ("GET /v1/backups/zz", 404), ("GET /v1/databases/%zz", 404),
        ("GET /v1/databases/other", 404), ("GET /v1/databases/%00", 404),
    ])
    func anUnsuitableRequestIsAProblemObject(request: String, status: Int) async throws {
        try await withServer { socket, _ in
            let answer = try await RawClient.exchange(
                socket, "\(request) HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(60))")
            #expect(answer.contains("\"code\":") && answer.contains("\"message\":"))
        }
    }

    @Test(arguments: ["{\"al\":true}", "[]", "{", "{\"all\":3}", "\u{0}"])
    func aBodyOfAnotherShapeIsRefused(body: String) async throws {
        try await withServer { socket, service in
            let answer = try await RawClient.exchange(
                socket,
                "POST /v1/backups HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
                    + body)
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer.prefix(200))")
            #expect(answer.contains("wrong-usage"))
            #expect(service.noted.isEmpty)
        }
    }

    @Test func anEndlessBodyIsRefused() async throws {
        try await withServer { socket, _ in
            let answer = try await RawClient.exchange(
                socket,
                "POST /v1/backups HTTP/1.1\r\nhost: x\r\ncontent-length: 3000000\r\n\r\n"
                    + String(repeating: " ", count: 1_200_000))
            #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer.prefix(60))")
        }
    }

    @Test func noDaemonAndAStaleSocketAreTold() async throws {
        await expect(.daemonUnreachable) { _ = try await DaemonClient(socket: "/nonexistent/sock").status() }
    }
}

/// Expects `body` to throw a fault of that code.
func expect(
    _ code: Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("no fault", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? Fault)?.code == code, sourceLocation: sourceLocation)
    }
}
