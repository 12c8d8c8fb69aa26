import CSQLite
import Glibc

/// Commits transfers in one or several processes until the time is over or SIGTERM comes.
func write(_ arguments: Arguments) throws {
    blockTermination()
    let processes = try arguments.number("--processes", default: 1)
    guard processes > 1, !arguments.has("--member") else { return try Writer(arguments).run() }
    let children = try (0..<processes).map { try spawn(member: $0) }
    var failed = false
    for (index, child) in children.enumerated() {
        var status: Int32 = 0
        while waitpid(child, &status, WNOHANG) == 0 {
            if isAskedToEnd() { for rest in children[index...] { kill(rest, SIGTERM) } }
            usleep(10_000)
        }
        failed = failed || status != 0
    }
    if failed { throw Failure(text: "a writer failed") }
}

/// Whether SIGTERM has come; `write` blocks it, so that it ends between two transactions.
private func isAskedToEnd() -> Bool {
    var pending = sigset_t()
    sigpending(&pending)
    return sigismember(&pending, SIGTERM) == 1
}

private func blockTermination() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigprocmask(SIG_BLOCK, &signals, nil)
}

/// Starts this program again as one of several writers.
private func spawn(member: Int) throws -> pid_t {
    let words = CommandLine.arguments + ["--member", "\(member)", "--parent", "\(getpid())"]
    var pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var child: pid_t = 0
    guard posix_spawn(&child, "/proc/self/exe", nil, nil, &pointers, environ) == 0 else {
        throw Failure(text: "cannot start a writer")
    }
    return child
}

private final class Writer {
    private let arguments: Arguments
    private let member: Int
    private let parent: pid_t
    private let deadline: Double
    private let pause: Double
    private var prose: Prose
    private var generator: Generator
    private var connection: Connection
    private var customers: Int64
    private var transactions = 0
    private var longestCommit = 0.0
    private var refused = 0

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        member = try arguments.number("--member", default: 0)
        // From the one who knows: asked of the system, it may already be gone.
        parent = pid_t(try arguments.number("--parent", default: Int(getppid())))
        let seconds = Double(try arguments.number("--seconds", default: 10))
        deadline = seconds > 0 ? monotonic() + seconds : .infinity
        let rate = try arguments.number("--rate", default: 0)
        pause = rate > 0 ? 1 / Double(rate) : 0
        let seed = UInt64(getpid()) << 20 ^ UInt64(member)
        prose = Prose(seed: seed)
        generator = Generator(seed: seed)
        connection = try Self.connect(arguments)
        customers = 0
        customers = try patiently { try connection.number("SELECT count(*) FROM customer") }
    }

    func run() throws {
        let limit = try arguments.number("--transactions", default: .max)
        var due = monotonic()
        while transactions < limit, monotonic() < deadline, getppid() == parent, !isAskedToEnd() {
            if arguments.has("--reopen") { connection = try Self.connect(arguments) }
            try transact()
            try disturb()
            // On a grid, so that the system's late wake-ups don't lower the rate; what is missed is not made up for.
            let now = monotonic()
            due = max(due + pause, now)
            if due > now { usleep(UInt32((due - now) * 1e6)) }
        }
        guard arguments.has("--report") else { return }
        let milliseconds = Int((longestCommit * 1000).rounded(.up))
        say("member=\(member) transactions=\(transactions) max_commit_ms=\(milliseconds) refused=\(refused)")
    }

    private static func connect(_ arguments: Arguments) throws -> Connection {
        let busy = Int32(try arguments.number("--busy", default: 10_000))
        let connection = try Connection(arguments.path, busyMilliseconds: busy)
        _ = try connection.text("PRAGMA synchronous=\(arguments.text("--synchronous", default: "normal"))")
        return connection
    }

    private func transact() throws {
        try patiently { try connection.run("BEGIN IMMEDIATE") }
        _ = try Ledger.post(connection, customers: customers, prose: &prose)
        let began = monotonic()
        try patiently { try connection.run("COMMIT") }
        longestCommit = max(longestCommit, monotonic() - began)
        transactions += 1
    }

    /// Tries again while others are first.
    @discardableResult
    private func patiently<Result>(_ body: () throws -> Result) throws -> Result {
        while true {
            do { return try body() } catch is Connection.Busy {
                refused += 1
                usleep(500)
            }
        }
    }

    /// What an application does besides, now and then; being refused is no failure here.
    private func disturb() throws {
        do {
            let chance = generator.below(40)
            if chance == 0, arguments.has("--checkpoints") {
                let kind = ["PASSIVE", "FULL", "RESTART", "TRUNCATE"][generator.below(4)]
                try connection.run("PRAGMA wal_checkpoint(\(kind))")
            }
            if chance == 1, arguments.has("--schema") { try changeSchema() }
            if chance == 2, generator.below(3) == 0, arguments.has("--vacuum") { try connection.run("VACUUM") }
            if chance == 3, generator.below(3) == 0, arguments.has("--switch-journal") {
                connection = try Self.connect(arguments)
                try connection.run("PRAGMA journal_mode=\(["wal", "delete"][generator.below(2)])")
            }
        } catch is Connection.Busy {
            refused += 1
        }
    }

    private func changeSchema() throws {
        let table = "extra_\(member)"
        let exists = try connection.number("SELECT count(*) FROM sqlite_schema WHERE name = '\(table)'") > 0
        if exists {
            try connection.run("DROP TABLE \(table)")
        } else {
            try connection.run("CREATE TABLE \(table) AS SELECT randomblob(900) AS content FROM account")
            try connection.run("CREATE INDEX \(table)_content ON \(table)(content)")
        }
    }
}

/// Keeps the database open until standard input ends.
func hold(_ arguments: Arguments) throws {
    let connection = try Connection(arguments.path)
    if arguments.has("--exclusive") { _ = try connection.text("PRAGMA locking_mode=EXCLUSIVE") }
    var prose = Prose(seed: 3)
    if arguments.has("--exclusive") || arguments.has("--transaction") || arguments.has("--spill") {
        if arguments.has("--spill") { _ = try connection.text("PRAGMA cache_size=10") }
        try connection.run("BEGIN IMMEDIATE")
        let customers = try connection.number("SELECT count(*) FROM customer")
        _ = try Ledger.post(connection, customers: customers, prose: &prose)
        if arguments.has("--spill") { try connection.run("UPDATE customer SET balance = balance + 1") }
        if arguments.has("--exclusive") { try connection.run("COMMIT") }
    } else {
        if arguments.has("--reading") { try connection.run("BEGIN") }
        _ = try connection.number("SELECT count(*) FROM ledger")
    }
    say("ready")
    var byte: UInt8 = 0
    while Glibc.read(0, &byte, 1) > 0 {}
}

private func monotonic() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
