/// Who carries out what is due; fulfilled by `Operations`.
package protocol ScheduledWork: Sendable {
    /// Claims the actions durably, by their marks, and begins with them on threads of its own; returns at once.
    ///
    /// - Parameter finished: to be called exactly once for each action, at any time and on any thread, when its work has
    ///   ended or it turned out to be claimed already; only then is the next tick of that server due.
    func run(due actions: [DueAction], finished: @escaping @Sendable (DueAction) -> Void)
}
