import Model

/// What a backup of a cluster says of itself to the next one, and to who follows the log from it on.
struct PostgresToken: Codable {
    var system: String
    var timeline: UInt32
    /// The log position at which the backup is complete.
    var stopped: String
    /// Over the names and bytes of small files.
    var small: UInt64
    /// Bytes of a file of the log.
    var logFile: UInt64?
    /// The number, of 64 bits, that the next transaction had when the backup was complete.
    var transaction: UInt64?

    var base: LogBase? {
        PostgresLSN(stopped).map {
            LogBase(
                position: LogPosition(system: system, timeline: timeline, offset: $0.value),
                fileLength: logFile ?? 16 << 20, transaction: transaction)
        }
    }
}
