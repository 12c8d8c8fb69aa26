/// What has changed in a database since a token was issued by one of its snapshots.
package enum ChangeFinding: Sendable, Equatable {
    /// Not a byte; found without reading a page.
    case unchanged
    /// At most these pages, 0-based, by file of the snapshot's file table; a superset is allowed.
    case pages([Int: Set<UInt32>])
    /// The engine can't tell: compare all pages.
    case unknown(reason: String)
}
