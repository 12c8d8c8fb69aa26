import Foundation

/// One of PostgreSQL's own programs at work, talked to by its standard input; killed with the last reference.
package final class PostgresProgram {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    package init(_ name: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "\(PostgresServer.programs ?? "")/\(name)")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { end() }

    package func end() {
        // Our threads' signal mask is inherited, so a milder signal would wait for ever.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitForEnd()
    }

    package func say(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// Reads until `word` came or it ended.
    package func hear(_ word: String) throws -> String {
        var heard = Data()
        while !String(decoding: heard, as: UTF8.self).contains(word) {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            heard += more
        }
        return String(decoding: heard, as: UTF8.self)
    }
}
