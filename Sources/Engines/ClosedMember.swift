/// One of a server's databases that is closed to its clients.
package struct ClosedMember: Sendable, Equatable {
    /// As the server calls it.
    package var member: String
    /// Opens it, and no other: for `Engine.reopen`.
    package var plan: String

    package init(member: String, plan: String) {
        self.member = member
        self.plan = plan
    }
}
