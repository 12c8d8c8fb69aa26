import Foundation
import Model
import Testing

@Suite struct IdentifierTests {
    private let unit = Identifier(bytes: (0..<16).map { UInt8($0) * 16 + 3 })

    @Test func textIsThirtyTwoLowerCaseDigits() {
        #expect(unit.description == "03132333435363738393a3b3c3d3e3f3")
        #expect(Identifier(unit.description) == unit)
        #expect(Identifier(unit.description.uppercased()) == unit)
    }

    @Test(arguments: ["", "03", "03132333435363738393a3b3c3d3e3f", "g3132333435363738393a3b3c3d3e3f3", "０３１３"])
    func refusesOtherText(text: String) {
        #expect(Identifier(text) == nil)
    }

    @Test func randomOnesDiffer() {
        let identifiers = Set((0..<1000).map { _ in Identifier.random() })
        #expect(identifiers.count == 1000)
    }

    @Test func hexadecimalGoesBothWays() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Hexadecimal.decode(Hexadecimal.encode(bytes)) == bytes)
        #expect(Hexadecimal.decode("") == [])
        for text in ["0", "0x", "zz", " 0", "é"] { #expect(Hexadecimal.decode(text) == nil, "\(text)") }
    }

    @Test func backupIDsNameUnitAndSequence() throws {
        let backup = BackupID(unit: unit, sequence: 42)
        #expect(backup.description == "031323334353-42")
        #expect(BackupID(backup.description) == backup)
        #expect(backup.isOf(unit: unit))
        #expect(try #require(BackupID("0313-1")).isOf(unit: unit))
        #expect(try #require(BackupID("03132333435363738393A3B3C3D3E3F3-1")).isOf(unit: unit))
        #expect(try #require(BackupID("1313-1")).isOf(unit: unit) == false)
    }

    @Test(arguments: [
        "", "-", "42", "031323334353-", "-42", "031323334353-0", "031323334353-+1", "031323334353--1", "031-1",
        "031323334353-1-1", "031323334353-1x", "03132333435z-1", "０３１３-1", "031323334353- 1",
        "031323334353-18446744073709551616", "03132333435363738393a3b3c3d3e3f30-1", "031323334353-٣",
    ])
    func refusesWhatIsNoBackupID(text: String) {
        #expect(BackupID(text) == nil)
    }

    @Test func backupIDsAreRecordedAsText() throws {
        let data = try JSONEncoder().encode([BackupID(unit: unit, sequence: 7)])
        #expect(String(decoding: data, as: UTF8.self) == #"["031323334353-7"]"#)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([BackupID].self, from: Data(#"["x"]"#.utf8)) }
    }
}
