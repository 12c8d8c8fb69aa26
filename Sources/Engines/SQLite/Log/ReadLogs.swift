import Model
import Platform
import Synchronization

/// What was read of the logs that were asked for last, by the database's path.
final class ReadLogs: Sendable {
    /// Frames of all together: 5 MiB.
    static let frameLimit = 1 << 18

    private struct Entry {
        var path: String
        var log: ReadLog
    }

    /// The one that was asked for last comes last.
    private let entries = Mutex<[Entry]>([])

    /// What the first `end.frame` frames of a log say, of which only those are read that nobody has read before.
    ///
    /// - Returns: nil when the log doesn't lead to `end`.
    func read(_ log: File, of path: String, upTo end: LogPlace) throws -> ReadLog? {
        guard let header = LogHeader(try log.read(count: LogHeader.length, at: 0)) else { return nil }
        var read = take(path, header) ?? ReadLog(startOf: header)
        guard try read.read(log, upTo: end.frame), read.holds(end) else { return nil }
        keep(read, path)
        return read
    }

    private func take(_ path: String, _ header: LogHeader) -> ReadLog? {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.path.isSame(as: path) }) else { return nil }
            let log = entries.remove(at: index).log
            return log.header == header ? log : nil
        }
    }

    private func keep(_ log: ReadLog, _ path: String) {
        entries.withLock { entries in
            entries.removeAll { $0.path.isSame(as: path) }
            entries.append(Entry(path: path, log: log))
            var count = entries.reduce(0) { $0 + $1.log.count }
            while count > Self.frameLimit { count -= entries.removeFirst().log.count }
        }
    }
}
