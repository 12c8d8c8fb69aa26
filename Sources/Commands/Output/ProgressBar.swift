internal import Model
internal import Synchronization
internal import Wire

/// One line on a terminal that is drawn over and over while a run works; nothing anywhere else.
final class ProgressBar: Sendable {
    private let terminal: Terminal
    private let isShown: Bool
    private let drawn = Mutex<(line: String, isLive: Bool)>(("", false))

    init(_ terminal: Terminal) {
        self.terminal = terminal
        isShown = terminal.surroundings.errorsAreTerminal && !terminal.json && !terminal.quiet
    }

    func show(_ run: Run) {
        if run.state.isFinal { return clear() }
        show(run.progress, of: run.database?.text ?? run.kind.rawValue, otherwise: run.state.rawValue)
    }

    func show(_ progress: Progress?, of name: String, otherwise: String = "") {
        guard isShown else { return }
        let line = progress.map { Self.line(name, $0) } ?? "\(name)  \(otherwise)"
        drawn.withLock { drawn in
            guard drawn.line != line else { return }
            drawn = (line, true)
            terminal.surroundings.errors("\r\u{1b}[K\(line)")
        }
    }

    func clear() {
        drawn.withLock { drawn in
            if drawn.isLive { terminal.surroundings.errors("\r\u{1b}[K") }
            drawn = ("", false)
        }
    }

    /// `crm/app.db  reading  [######..............]  31%  120 MiB of 387 MiB  98.2 MiB/s  3 s left`.
    static func line(_ name: String, _ progress: Progress) -> String {
        var parts = [name, progress.phase]
        if let percent = progress.percent {
            let filled = Int(percent / 5)
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
            parts.append("[\(bar)]  \(Int(percent))%")
        }
        parts.append(progress.total.map { "\(progress.done) of \($0)" } ?? progress.done.description)
        if let rate = progress.bytesPerSecond { parts.append("\(ByteCount(Int64(rate)))/s") }
        if let seconds = progress.remainingSeconds { parts.append("\(Text.duration(seconds)) left") }
        return parts.joined(separator: "  ")
    }
}
