import Archiving
import Model

extension EnvelopeReader {
    /// As `read`, with the damage code of the object also where it looks like one of a later format.
    func payload(_ index: UInt32, _ kind: FrameKind, by bench: FrameBench) throws -> [UInt8] {
        try identity.kind.blamed(for: name) { try read(index, kind, by: bench) }
    }

    func payload(
        _ index: UInt32, _ kind: FrameKind, into output: UnsafeMutableRawBufferPointer, by bench: FrameBench
    ) throws -> Int {
        try identity.kind.blamed(for: name) { try read(index, kind, into: output, by: bench) }
    }
}

extension ObjectKind {
    /// Takes an unknown version, kind or flag of an object inside a unit for damage.
    ///
    /// Headers are read before a seal vouches for them, so one flipped bit is enough; and the format of the repository as a
    /// whole is told by its description. What a sealed record says of its format counts as it is.
    /// - Throws: the damage code instead of `repository-too-new`.
    func blamed<Result>(for name: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let fault as Fault where fault.code == .repositoryTooNew {
            throw Fault(
                damageCode, "\(name) is damaged, unless a newer holdfast wrote it",
                hint: "run `holdfast verify` to list the backups that need it, or use the newest holdfast",
                context: ["object": name], cause: fault)
        }
    }
}
