package import Model

/// How a run ended.
package enum RunOutcome: Sendable {
    case succeeded(backup: BackupID? = nil, read: ByteCount = .zero, stored: ByteCount = .zero)
    case failed(Fault)
    case skipped(Fault)
    case cancelled(Fault)

    var state: RunState {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .skipped: .skipped
        case .cancelled: .cancelled
        }
    }

    var fault: Fault? {
        switch self {
        case .succeeded: nil
        case .failed(let fault), .skipped(let fault), .cancelled(let fault): fault
        }
    }
}

/// What the catalog learns from a run besides its outcome.
package struct RunFindings: Sendable {
    package var capture: Capture?
    package var proofs: [Proof]
    /// Whether a successful backup on demand starts a cooldown.
    package var startsCooldown = true

    package init(capture: Capture? = nil, proofs: [Proof] = []) {
        self.capture = capture
        self.proofs = proofs
    }
}

/// The state of a database that is known to be stored.
package struct Capture: Sendable, Equatable {
    package var unit: UnitID
    /// The backup that holds it; nil when nothing had changed since the newest.
    package var backup: BackupID?
    package var kind: BackupKind
    /// The instant of the captured image.
    package var instant: Instant
    package var size: ByteCount?
    /// The engine's change token of that image, opaque here.
    package var changeToken: String?

    package init(
        unit: UnitID, backup: BackupID?, kind: BackupKind, instant: Instant, size: ByteCount? = nil,
        changeToken: String? = nil
    ) {
        self.unit = unit
        self.backup = backup
        self.kind = kind
        self.instant = instant
        self.size = size
        self.changeToken = changeToken
    }
}

/// The dated result of a verification.
package struct Proof: Sendable, Equatable {
    package var unit: UnitID
    package var backup: BackupID
    package var level: VerifyLevel
    package var instant: Instant
    /// Nil when it was proven.
    package var fault: RecordedFault?

    package init(unit: UnitID, backup: BackupID, level: VerifyLevel, instant: Instant, fault: Fault? = nil) {
        self.unit = unit
        self.backup = backup
        self.level = level
        self.instant = instant
        self.fault = fault.map { RecordedFault($0) }
    }
}
