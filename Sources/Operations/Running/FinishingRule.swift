package import Wire

/// Which runs may finish once the daemon has been told to end, and which are asked to stop.
///
/// One that will be done in time is let be, so that an upgrade costs a backup nothing. One that needs longer is dropped at
/// once rather than at the limit: nothing of it counts either way, and its schedule makes it up after the next start.
package struct FinishingRule {
    /// From when the daemon was told to end.
    package var limit: Duration
    /// For runs that can't tell how long they need.
    package var patience: Duration

    package init(limit: Duration = .seconds(60), patience: Duration = .seconds(5)) {
        self.limit = limit
        self.patience = patience
    }

    /// - Parameters:
    ///   - runs: those at work, with their progress now.
    ///   - elapsed: since the daemon was told to end.
    package func dropped(_ runs: [Run], after elapsed: Duration) -> [Run] {
        runs.filter { run in
            guard elapsed < limit else { return true }
            guard let remaining = run.progress?.remainingSeconds else { return elapsed >= patience }
            return elapsed + .seconds(remaining) > limit
        }
    }
}
