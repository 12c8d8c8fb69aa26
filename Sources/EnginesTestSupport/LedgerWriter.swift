import Foundation
import Synchronization

/// The program `ledger-writer` as a child process: a real client whose database proves what state an image holds.
package enum LedgerWriter {
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    /// Built beside the tests.
    package static let program: String = {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        let tests = maps.split(separator: "\n").first { $0.contains(".xctest") }
        let start = tests?.firstIndex(of: "/")
        let path = tests.flatMap { line in start.map { String(line[$0...]) } } ?? CommandLine.arguments[0]
        var folder = path
        if let range = path.range(of: ".xctest") { folder = String(path[..<range.lowerBound]) }
        return URL(fileURLWithPath: folder).deletingLastPathComponent().appendingPathComponent("ledger-writer").path
    }()

    /// Runs it to its end.
    /// - Returns: what it printed.
    /// - Throws: `Failed` with what it complained about.
    @discardableResult
    package static func run(_ arguments: String...) throws -> String {
        let child = try Child(arguments)
        return try child.finish()
    }

    package static func start(_ arguments: String...) throws -> Child { try Child(arguments) }
    package static func start(_ arguments: [String]) throws -> Child { try Child(arguments) }

    /// Proves an image and tells which transaction was its last.
    package static func prove(_ path: String) throws -> Int {
        let answer = try run("check", path).split(whereSeparator: \.isWhitespace)
        guard answer.count == 2, answer[0] == "ok", let last = Int(answer[1]) else {
            throw Failed(description: "unexpected answer: \(answer)")
        }
        return last
    }

    /// A running writer; killed with the last reference.
    package final class Child: Sendable {
        private let process: Mutex<Process>
        private let input = Pipe()
        private let output = Pipe()
        private let errors = Pipe()
        package let processID: Int32

        init(_ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: LedgerWriter.program)
            process.arguments = arguments
            process.standardInput = input
            process.standardOutput = output
            process.standardError = errors
            try process.run()
            processID = process.processIdentifier
            self.process = Mutex(process)
        }

        deinit {
            process.withLock { process in
                if process.isRunning { kill(process.processIdentifier, SIGKILL) }
                process.waitForEnd()
            }
        }

        /// Waits until it prints something: for `hold`, that it has the database open.
        package func waitUntilReady() throws {
            guard !output.fileHandleForReading.availableData.isEmpty else { throw Failed(description: "it ended") }
        }

        /// Waits for its end.
        package func finish() throws -> String {
            try? input.fileHandleForWriting.close()
            let printed = output.fileHandleForReading.readDataToEndOfFile()
            let complaints = errors.fileHandleForReading.readDataToEndOfFile()
            let status = process.withLock { process in
                process.waitForEnd()
                return process.terminationStatus
            }
            guard status == 0 else { throw Failed(description: String(decoding: complaints, as: UTF8.self)) }
            return String(decoding: printed, as: UTF8.self)
        }

        /// `kill -9`; returns when it is gone.
        package func crash() {
            kill(processID, SIGKILL)
            process.withLock { $0.waitForEnd() }
        }

        package var isRunning: Bool { process.withLock { $0.isRunning } }
    }
}
