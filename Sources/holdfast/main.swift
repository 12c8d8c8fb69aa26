import Commands
import Glibc
import Operations

let arguments = Array(CommandLine.arguments.dropFirst())
exit(
    await HoldfastCommand.run(
        arguments,
        in: .process(LocalRepositories(), survey: LocalSurvey(), connectionFault: Configuration.connectionFault)))
