import Model
import Platform
import Testing

/// A file has its name when it is complete, or never.
@Suite(.folder) struct NewFileTests {
    @Test func hasNoNameBeforeItIsPublished() throws {
        let new = try NewFile(orAs: "\(Fixture.folder)/.temporary")
        try bytes("content").withUnsafeBytes { try new.file.write($0, at: 0) }
        #expect(try Files.list(Fixture.folder).isEmpty)
        try new.publish(as: "\(Fixture.folder)/final")
        #expect(try Files.list(Fixture.folder) == ["final"])
        #expect(try text("\(Fixture.folder)/final") == "content")
    }

    @Test func replacesNothing() throws {
        try put(bytes("old"), "\(Fixture.folder)/final")
        let new = try NewFile(orAs: "\(Fixture.folder)/.temporary")
        #expect(fault { try new.publish(as: "\(Fixture.folder)/final") }?.code == .targetExists)
        new.abandon()
        #expect(try Files.list(Fixture.folder) == ["final"])
        #expect(try text("\(Fixture.folder)/final") == "old")
    }
}
