package import Model

/// Who did something, as programs read it.
package struct Principal: Sendable, Codable, Equatable {
    package var name: String
    /// Absent for the daemon itself.
    package var uid: UInt32?

    package init(name: String, uid: UInt32? = nil) {
        self.name = name
        self.uid = uid
    }
}

extension Principal {
    package init(_ actor: Actor) {
        switch actor {
        case .daemon: self.init(name: "holdfastd")
        case .user(let uid, let name): self.init(name: name.isEmpty ? "uid \(uid)" : name, uid: uid)
        }
    }
}
