import Model

/// The same failure again and again: its first messages pass, later ones are held and counted until the window closes.
///
/// Events in, verdicts out; no clock. While failures go on, windows follow each other, each twice as long up to an hour,
/// and nothing passes but the message that counts. A window in which nothing was held ends the storm.
struct FailureStorm: Equatable {
    enum Verdict: Equatable { case pass, hold }

    /// Messages that pass in the first window.
    static let passes = 3
    static let firstWindow = Duration.seconds(600)
    static let longestWindow = Duration.seconds(3600)
    /// Failures of several threads don't come in the order of their instants.
    static let disorder = Duration.seconds(60)

    let opened: Instant
    let length: Duration
    private(set) var passed: Int
    private(set) var held: Int

    init(opened: Instant, length: Duration = firstWindow, passed: Int = 0, held: Int = 0) {
        self.opened = opened
        self.length = length
        self.passed = passed
        self.held = held
    }

    mutating func take() -> Verdict {
        guard passed >= Self.passes else {
            passed += 1
            return .pass
        }
        held += 1
        return .hold
    }

    /// A clock that was set back ends the window too: nobody waits longer for what was held.
    func isOver(at now: Instant) -> Bool { now >= opened + length || now < opened - Self.disorder }

    /// The window after this one; nil when the storm has ended.
    func next(at now: Instant) -> FailureStorm? {
        guard held > 0 else { return nil }
        return FailureStorm(opened: now, length: min(length * 2, Self.longestWindow), passed: Self.passes)
    }
}

extension FailureStorm {
    /// Each of these is an alarm of its own, or says what somebody told it to say.
    private static let neverHeld: Set<Code> = [
        .drift, .backupSuspect, .stepRefused, .failuresRepeated, .scheduledMessage,
    ]

    /// What makes two failures the same: code, text and cause, but for the database's name and for numbers.
    ///
    /// - Returns: nil for a message that is never held.
    static func key(of draft: MessageDraft) -> String? {
        guard draft.severity.rank >= Severity.warning.rank, !neverHeld.contains(draft.code) else { return nil }
        var text = "\(draft.text)\n\(draft.cause ?? "")"
        if let name = draft.database {
            let path = name.path.isEmpty ? name.text : name.path
            text = text.replacing(name.text, with: "*").replacing("/\(path)", with: "/*")
        }
        var key = "\(draft.severity.rank) \(draft.code.rawValue) "
        var isNumber = false
        for scalar in text.unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar)
            if !isDigit { key.unicodeScalars.append(scalar) } else if !isNumber { key += "#" }
            isNumber = isDigit
        }
        return key
    }
}
