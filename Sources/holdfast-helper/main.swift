import Glibc
import Granting

exit(Session.run(Array(CommandLine.arguments.dropFirst())))
