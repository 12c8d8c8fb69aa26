extension EnvelopeReader {
    /// Opens and unpacks every frame: on return every byte of the object is the writer's.
    ///
    /// Header, frame headers and reserved bytes are bound by the seals; opening has shown that frames, contents and footer
    /// leave no byte over.
    ///
    /// - Parameter onFrame: called with the stored bytes of each frame; what it throws ends the walk.
    package func verifyStored(by bench: FrameBench, onFrame: (Int) throws -> Void = { _ in }) throws {
        for (index, entry) in contents.entries.enumerated() {
            try verify(UInt32(index), by: bench)
            try onFrame(Int(entry.storedLength))
        }
    }
}
