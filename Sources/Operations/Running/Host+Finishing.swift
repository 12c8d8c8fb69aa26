import Foundation
import Model
import Platform
import Wire

extension Host {
    /// The first half of ending: nothing new starts, windows open what they closed, and runs at work finish where they
    /// will be done soon. What goes on then is for `stop()` to wait for.
    ///
    /// - Parameters:
    ///   - hurry: asked all the time; true drops what works.
    ///   - goesOn: called about once a second while something still works.
    package func finishWork(
        _ rule: FinishingRule = FinishingRule(), hurry: () -> Bool = { false }, goesOn: () -> Void
    ) {
        let told = BootClock.now()
        timing.stop()
        _ = queue.stop()
        maintenance.stop(on: self)
        var asked: Set<String> = []
        while !queue.waitUntilIdle(deadline: Date(timeIntervalSinceNow: 0.5)) {
            let working = board.working.compactMap { board.run($0) }
            let dropped = hurry() ? working : rule.dropped(working, after: BootClock.now() - told)
            for run in dropped where asked.insert(run.id).inserted { drop(run.id) }
            guard working.contains(where: { !asked.contains($0.id) }) else { return }
            goesOn()
        }
    }

    private func drop(_ run: String) {
        do { try cancel(run, by: .daemon) } catch { report(Fault.wrapping(error)) }
    }
}
