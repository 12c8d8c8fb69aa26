import Model
import Testing
import Wire

@Suite struct WireCodingTests {
    private let unit = Identifier(bytes: (0..<16).map { UInt8($0) })

    private var backup: Backup {
        Backup(
            id: BackupID(unit: unit, sequence: 42), database: DatabaseName("crm/app.db"),
            instant: Instant(seconds: 1_795_341_600), kind: .progressive, origin: .onDemand,
            actor: Principal(.user(uid: 0, name: "root")), comment: "a/b", size: ByteCount(1 << 20),
            storedBytes: ByteCount(8192), pages: 256, pagesStored: 2)
    }

    @Test func aBackupIsTheDocumentThatScriptsRelyOn() throws {
        let text = try WireCoding.text(backup)
        #expect(
            text == """
                {"actor":{"name":"root","uid":0},"comment":"a/b","damaged":false,"database":"crm/app.db",\
                "id":"000102030405-42","instant":"2026-11-22T10:00:00.000Z","kind":"progressive",\
                "origin":"on-demand","pages":256,"pages_stored":2,"preserved":false,"size":1048576,\
                "stored_bytes":8192,"suspect":false}
                """)
        #expect(try WireCoding.decode(Backup.self, from: text.utf8) == backup)
    }

    @Test func aMessageIsTheDocumentThatScriptsRelyOn() throws {
        let message = Message(
            id: MessageID(17), instant: Instant(seconds: 0), severity: .error, code: .backupFailed,
            database: DatabaseName("crm/app.db"), run: "r1", actor: Principal(.daemon), text: "failed",
            nextStep: "look")
        let text = try WireCoding.text(message)
        #expect(
            text == """
                {"actor":{"name":"holdfastd"},"code":"backup-failed","database":"crm/app.db","id":"17",\
                "instant":"1970-01-01T00:00:00.000Z","next_step":"look","run":"r1","severity":"error","text":"failed"}
                """)
        #expect(try WireCoding.decode(Message.self, from: text.utf8) == message)
    }

    @Test func aProblemIsTheErrorObjectOfTheManual() throws {
        let fault = Fault(.noKeyMatches, "cannot open repository", hint: "name another key file")
        #expect(
            try WireCoding.text(ErrorObject(fault)) == """
                {"error":{"code":"no-key-matches","hint":"name another key file","message":"cannot open repository"}}
                """)
        #expect(ProblemObject(fault).fault == fault)
    }

    @Test func namesInTheContextOfAProblemStayAsTheyAre() throws {
        let problem = ProblemObject(Fault(.inCooldown, "x", context: ["retry_after_seconds": "5"]))
        let text = try WireCoding.text(problem)
        #expect(text.contains("\"retry_after_seconds\":\"5\""))
        #expect(try WireCoding.decode(ProblemObject.self, from: text.utf8) == problem)
    }

    @Test func requestsTakeDefaultsForWhatIsLeftOut() throws {
        #expect(try WireCoding.decode(BackupRequest.self, from: "{}".utf8) == BackupRequest())
        #expect(try WireCoding.decode(VerifyRequest.self, from: "{}".utf8).level == .pages)
        let restore = try WireCoding.decode(RestoreRequest.self, from: "{\"database\":\"a\",\"in_place\":true}".utf8)
        #expect(restore == RestoreRequest(database: "a", inPlace: true))
    }

    @Test(arguments: [
        ("{}", "database is missing"), ("{\"database\":1}", "database has the wrong type"),
        ("nonsense", "not a JSON document"), ("{\"database\":\"a\",\"backup\":\"zz\"}", "not a backup id"),
        ("{\"database\":\"a\",\"at\":\"yesterday\"}", "not an RFC 3339 time"),
        ("{\"database\":\"a\",\"in_place\":\"yes\"}", "in_place has the wrong type"),
    ])
    func aWrongDocumentNamesTheField(text: String, part: String) {
        do {
            _ = try WireCoding.decode(RestoreRequest.self, from: text.utf8)
            Issue.record("no fault")
        } catch {
            let fault = error as? Fault
            #expect(fault?.code == .wrongUsage)
            #expect(fault?.message.contains(part) == true, "\(fault?.message ?? "")")
        }
    }
}
