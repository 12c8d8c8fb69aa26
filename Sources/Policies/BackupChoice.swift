package import Model

/// Which backup a time stands for.
package enum BackupChoice {
    /// The newest backup whose image was captured at or before `time`; the newest of all when `time` is nil.
    ///
    /// Of two with the same instant the one with the higher sequence number is newer. The order of `backups` is free.
    package static func newest<Backup>(
        of backups: some Sequence<Backup>, atOrBefore time: Instant?, instant: (Backup) -> Instant,
        sequence: (Backup) -> SequenceNumber
    ) -> Backup? {
        backups
            .filter { backup in time.map { instant(backup) <= $0 } ?? true }
            .max { (instant($0), sequence($0)) < (instant($1), sequence($1)) }
    }
}
