import GRDB
package import Model

extension Catalog {
    /// Deletes runs that ended before `instant`, 1,000 in a transaction; the last one of each unit and kind stays.
    ///
    /// - Returns: how many were deleted.
    @discardableResult
    package func pruneRuns(before instant: Instant) throws -> Int {
        var total = 0
        while true {
            let deleted = try transition { transition in
                try transition.execute(
                    """
                    DELETE FROM runs WHERE id IN (
                        SELECT id FROM runs AS old WHERE finished_at < ?1 AND state NOT IN ('queued', 'running')
                            AND (unit IS NULL OR EXISTS (
                                SELECT 1 FROM runs AS newer INDEXED BY runs_unit
                                WHERE newer.unit = old.unit AND newer.id > old.id AND newer.kind = old.kind))
                        ORDER BY id LIMIT 1000)
                    """, [instant.microseconds])
            }
            total += deleted
            if deleted < 1000 { return total }
        }
    }
}
