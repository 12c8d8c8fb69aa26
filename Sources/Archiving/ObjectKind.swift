package import Model

/// What an object of a repository is.
package enum ObjectKind: UInt8, Sendable, CaseIterable {
    case point = 1
    case pack = 2
    case map = 3
    case mark = 4
    case head = 5
    case log = 6

    /// The code of a fault about a damaged object of this kind.
    package var damageCode: Code {
        switch self {
        case .point: .pointDamaged
        case .pack: .packDamaged
        case .map: .mapDamaged
        case .mark, .head: .repositoryDamaged
        case .log: .logDamaged
        }
    }
}
