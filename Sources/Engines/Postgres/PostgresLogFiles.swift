import Model
import Platform

/// Puts received log into a restored cluster, and tells its server to follow it.
///
/// The files of the log lie where the server looks after its archive has none; the archive is one that has nothing.
/// Source: the PostgreSQL 15 manual, 26.3.4 "Recovering Using a Continuous Archive Backup" and 20.5.
struct PostgresLogFiles {
    let folder: String
    let base: LogBase
    let log: any LogSource
    /// Gives a file that was written here to whom the restored files belong.
    let give: (_ name: String) throws -> Void

    /// Durable on return.
    ///
    /// - Parameter promotes: whether the server opens for writing by itself once it is there; else it waits, readable.
    func write(upTo stop: LogStop, promotes: Bool) throws {
        for leg in legs(to: stop) { try write(leg) }
        // Also of timelines that are not followed: a server that opens for writing takes a number that none of them has.
        for (timeline, history) in log.timelines where !history.isEmpty {
            try put("pg_wal/\(WALSegments.historyName(timeline))", history)
        }
        try Files.syncDirectory("\(folder)/pg_wal")
        let settings = """
            # By a restore: where this server stops following the log. Remove these lines when it has been opened.
            restore_command = 'false'
            recovery_target_timeline = '\(stop.timeline)'
            recovery_target_lsn = '\(PostgresLSN(stop.last))'
            recovery_target_inclusive = 'on'
            recovery_target_action = '\(promotes ? "promote" : "pause")'

            """
        let configuration = "\(folder)/postgresql.auto.conf"
        let before = Files.exists(configuration) ? try Files.read(configuration, limit: 16 << 20) : []
        try put("postgresql.auto.conf", String(decoding: before, as: UTF8.self) + settings)
        try put("recovery.signal", "")
        try Files.syncDirectory(folder)
    }

    private struct Leg {
        var timeline: UInt32
        var from: UInt64
        var to: UInt64
    }

    /// The timelines on the way, each with the part of the log that is taken from it.
    private func legs(to stop: LogStop) -> [Leg] {
        let end = roundedUp(stop.end)
        guard stop.timeline != base.position.timeline else {
            return [Leg(timeline: stop.timeline, from: base.position.offset, to: end)]
        }
        let ancestors = PostgresTimelines(log.timelines[stop.timeline] ?? "").ancestors
            .filter { $0.timeline >= base.position.timeline }
        var legs: [Leg] = []
        for ancestor in ancestors {
            legs.append(
                Leg(
                    timeline: ancestor.timeline, from: legs.last?.to ?? base.position.offset, to: ancestor.end.value))
        }
        return legs + [Leg(timeline: stop.timeline, from: legs.last?.to ?? base.position.offset, to: end)]
    }

    private func roundedUp(_ offset: UInt64) -> UInt64 {
        (offset + base.fileLength - 1) / base.fileLength * base.fileLength
    }

    private func write(_ leg: Leg) throws {
        var open: (name: String, file: File)?
        _ = try log.read(leg.timeline, from: leg.from, to: leg.to) { start, bytes in
            var offset = start
            while offset < start + UInt64(bytes.count) {
                let name = segment(leg.timeline, offset)
                if open?.name != name {
                    try open?.file.sync()
                    open = (name, try file(name, of: leg, at: offset))
                }
                let count = min(base.fileLength - offset % base.fileLength, start + UInt64(bytes.count) - offset)
                let part = bytes[Int(offset - start)..<Int(offset - start + count)]
                try open?.file.write(UnsafeRawBufferPointer(rebasing: part), at: Int64(offset % base.fileLength))
                offset += count
            }
            return true
        }
        try open?.file.sync()
    }

    private func segment(_ timeline: UInt32, _ offset: UInt64) -> String {
        let segments = WALSegments(timeline: timeline, size: base.fileLength)
        return segments.names(from: PostgresLSN(offset), to: PostgresLSN(offset + 1))[0]
    }

    /// The backup's own, or a new one; a timeline begins in the middle of a file with what its ancestor has there.
    private func file(_ name: String, of leg: Leg, at offset: UInt64) throws -> File {
        let path = "\(folder)/pg_wal/\(name)"
        if Files.exists(path) { return try File.open(path, .readWrite) }
        let file = try File.create(path, mode: 0o600)
        try file.truncate(to: Int64(base.fileLength))
        try give("pg_wal/\(name)")
        let inside = Int(offset % base.fileLength)
        if offset == leg.from, inside > 0 {
            for ancestor in PostgresTimelines(log.timelines[leg.timeline] ?? "").ancestors.reversed() {
                let other = "\(folder)/pg_wal/\(segment(ancestor.timeline, offset))"
                guard Files.exists(other) else { continue }
                let bytes = try File.open(other, .readOnly).read(count: inside, at: 0)
                try bytes.withUnsafeBytes { try file.write($0, at: 0) }
                break
            }
        }
        return file
    }

    private func put(_ name: String, _ text: String) throws {
        try Files.writeDurably(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o600)
        try give(name)
    }
}
