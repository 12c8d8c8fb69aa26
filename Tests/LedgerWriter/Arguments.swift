/// Why the program ends, and with what status.
struct Failure: Error {
    let text: String
    var status: Int32 = 1
}

/// A verb, a path and options, as the command line gave them.
struct Arguments {
    static let help = """
        Writes a SQLite database whose content proves which committed state an image of it holds.

        usage: ledger-writer create PATH --size BYTES [--page-size N] [--journal wal|delete|truncate|persist] [--seed N]
               ledger-writer write PATH [--processes N] [--seconds S] [--rate PER_SECOND] [--transactions N] [--report]
                                        [--vacuum] [--schema] [--checkpoints] [--switch-journal] [--reopen]
                                        [--synchronous off|normal|full] [--busy MS]
               ledger-writer update PATH --rows N [--seed N]
               ledger-writer hold PATH [--exclusive | --transaction | --spill | --reading]
               ledger-writer check PATH

        create  makes a new database of business-like rows
        write   commits transfers until the time is over or SIGTERM comes; 0 seconds is for ever, rate 0 as fast as
                it goes
                  --transactions N   no more than so many by each writer
                  --processes N      so many writers at once
                  --vacuum --schema  now and then VACUUM; make, fill and drop tables and indexes
                  --checkpoints      now and then a passive, full, restarting or truncating checkpoint
                  --switch-journal   now and then change between WAL and rollback journal
                  --reopen           open and close the database for every transaction
                  --report           at the end a line with transactions and the longest commit in milliseconds
        update  changes so many random rows in one transaction
        hold    opens the database, prints `ready` and waits until its standard input ends
                  --exclusive        in exclusive locking mode, after a commit
                  --transaction      inside a write transaction
                  --spill            inside one whose pages have already been written to the file
                  --reading          inside a transaction that only reads
        check   proves that the file is sound and holds exactly one committed state; prints its last transaction

        example: ledger-writer create /tmp/ledger.db --size 10485760 --journal wal
        """

    let verb: String
    let path: String
    let wantsHelp: Bool
    private let options: [String: String]

    private static let flags: Set = [
        "--vacuum", "--schema", "--checkpoints", "--switch-journal", "--reopen", "--report", "--exclusive",
        "--transaction", "--spill", "--reading",
    ]
    private static let valued: Set = [
        "--size", "--page-size", "--journal", "--seed", "--processes", "--seconds", "--rate", "--busy", "--rows",
        "--synchronous", "--transactions", "--member", "--parent",
    ]

    init(_ words: [String]) throws {
        var options: [String: String] = [:]
        var plain: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if Self.flags.contains(word) {
                options[word] = ""
            } else if Self.valued.contains(word) {
                guard let value = rest.popFirst() else { throw Failure(text: "\(word) needs a value", status: 2) }
                options[word] = value
            } else if word == "--help" || word == "-h" {
                plain.insert("help", at: 0)
            } else if word.hasPrefix("--") {
                throw Failure(text: "unknown option \(word); see --help", status: 2)
            } else {
                plain.append(word)
            }
        }
        wantsHelp = plain.first == "help" || plain.isEmpty
        guard wantsHelp || plain.count == 2 else { throw Failure(text: "one verb and one path; see --help", status: 2) }
        verb = plain.first ?? ""
        path = plain.last ?? ""
        self.options = options
    }

    func has(_ flag: String) -> Bool { options[flag] != nil }

    func text(_ name: String, default value: String) -> String { options[name] ?? value }

    func number(_ name: String, default value: Int) throws -> Int {
        guard let text = options[name] else { return value }
        guard let number = Int(text), number >= 0 else {
            throw Failure(text: "\(name) is not a number: \(text)", status: 2)
        }
        return number
    }
}
