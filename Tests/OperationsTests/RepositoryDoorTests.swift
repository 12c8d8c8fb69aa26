import Archiving
import EnginesTestSupport
import Model
import Operations
import Platform
import Storage
import Testing

/// The repository that a daemon keeps open, while its disk comes and goes.
@Suite struct RepositoryDoorTests {
    private func code(_ body: () throws -> Void) -> Code? {
        do {
            try body()
            return nil
        } catch { return Fault.wrapping(error).code }
    }

    /// Whoever receives a server's log has it open all the time.
    @Test func whatComesBackIsUsedAgainAlthoughSomebodyHasItOpenStill() throws {
        let fixture = try HostFixture()
        let door = fixture.host.repositories
        let held = try door.open()
        let (place, away) = (fixture.root("repository"), fixture.root("away"))
        for _ in 0..<2 {
            try Files.rename(place, to: away, replacing: false)
            #expect(code { _ = try door.open() } == .repositoryMissing)
            try Files.rename(away, to: place, replacing: false)
            #expect(try door.open() === held)
        }
        try Files.setMode("\(place)/\(Repository.descriptorName)", 0o600)
        #expect(try door.open() === held)
    }

    @Test func anotherRepositoryInItsPlaceIsAnother() throws {
        let fixture = try HostFixture()
        let door = fixture.host.repositories
        let held = try door.open()
        try Files.rename(fixture.root("repository"), to: fixture.root("away"), replacing: false)
        #expect(code { _ = try door.open() } == .repositoryMissing)
        let key = try RepositoryDoor.keyBytes(fixture.root("key"))
        _ = try Repository.create(
            at: fixture.root("repository"), secret: .keyFile(key), label: "another", now: WallClock.now())
        #expect(try door.open() !== held)
    }
}
