import Engines
import Model
package import Storage

/// One log as far as the repository has it.
package struct StoredLog: LogSource {
    let unit: BackupUnit
    package let stretches: LogStretches
    package let timelines: [UInt32: String]

    /// - Throws: `log-damaged`.
    package init(_ stretches: LogStretches, in unit: BackupUnit) throws {
        self.unit = unit
        self.stretches = stretches
        var timelines: [UInt32: String] = [:]
        for span in stretches.spans where timelines[span.timeline] == nil {
            timelines[span.timeline] = try unit.repository.logRecord(span, of: unit.id).history
        }
        self.timelines = timelines
    }

    package func goesOn(_ timeline: UInt32, beyond position: UInt64) -> Bool {
        stretches.spans.contains { $0.timeline == timeline && $0.to > position }
    }

    package func read(
        _ timeline: UInt32, from start: UInt64, to end: UInt64?,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws -> UInt64 {
        var position = start
        for span in stretches.pieces(of: timeline, from: start) where span.to > position {
            if let end, position >= end { break }
            let bytes = try unit.repository.readLog(span, of: unit.id).bytes
            let last = min(span.to, end ?? span.to)
            let goesOn = try bytes.withUnsafeBytes { buffer in
                try body(
                    position,
                    UnsafeRawBufferPointer(rebasing: buffer[Int(position - span.from)..<Int(last - span.from)]))
            }
            position = last
            if !goesOn { break }
        }
        return position
    }
}
