import Glibc

do {
    try run(Array(CommandLine.arguments.dropFirst()))
} catch let failure as Failure {
    say("bare-pipeline: \(failure.text)", to: STDERR_FILENO)
    exit(failure.status)
}

func run(_ words: [String]) throws {
    let help = """
        Does the least that any backup program must, so that `etc/bench` can say how near to it Holdfast comes.

        usage: bare-pipeline store SOURCE PACKED
               bare-pipeline restore PACKED TARGET

        Both use two threads, blocks of 256 KiB and a key that everybody knows: nothing is kept secret.
        store    reads, hashes each page of 4 KiB by XXH3-128, compresses by ISA-L, seals by AES-256-GCM, writes, syncs
        restore  reads, opens, inflates by the fastest of ISA-L, zlib and (where it is installed) libdeflate, writes, syncs

        example: bare-pipeline store /srv/crm/sales.db /tmp/sales.packed
        """
    switch words.first {
    case "store" where words.count == 3: say(try store(words[1], as: words[2]))
    case "restore" where words.count == 3: say(try restore(words[1], to: words[2]))
    case "--help", "-h", "help": say(help)
    default: throw Failure(text: "a verb and two paths; see --help", status: 2)
    }
}

/// Writes one line at once.
func say(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
    var line = text + "\n"
    _ = line.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
}
