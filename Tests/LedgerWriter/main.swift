import Glibc

do {
    try run(Arguments(Array(CommandLine.arguments.dropFirst())))
} catch let failure as Failure {
    say("ledger-writer: \(failure.text)", to: STDERR_FILENO)
    exit(failure.status)
}

func run(_ arguments: Arguments) throws {
    if arguments.wantsHelp { return say(Arguments.help) }
    switch arguments.verb {
    case "create": try create(arguments)
    case "write": try write(arguments)
    case "update": try update(arguments)
    case "hold": try hold(arguments)
    case "check": try check(arguments)
    default: throw Failure(text: "unknown verb `\(arguments.verb)`; see --help", status: 2)
    }
}

/// Writes one line at once.
func say(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
    var line = text + "\n"
    _ = line.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
}
