package import Model

/// What the check of a repository's objects against each other found.
package struct RepositoryCheck: Sendable, Codable, Equatable {
    package var objects: Int
    package var bytes: ByteCount
    package var findings: [Finding]

    package var isGood: Bool { findings.isEmpty }

    package init(objects: Int, bytes: ByteCount, findings: [Finding] = []) {
        self.objects = objects
        self.bytes = bytes
        self.findings = findings
    }
}
