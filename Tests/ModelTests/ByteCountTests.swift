import Foundation
import Model
import Testing

@Suite struct ByteCountTests {
    @Test(arguments: [
        (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "0.98 KiB"), (1023, "1.00 KiB"), (1024, "1.00 KiB"),
        (1536, "1.50 KiB"), (10_234, "9.99 KiB"), (10_240, "10.0 KiB"), (102_348, "99.9 KiB"), (102_400, "100 KiB"),
        (1_023_487, "999 KiB"), (1_023_488, "0.98 MiB"), (1_048_576, "1.00 MiB"), (1_530_921, "1.46 MiB"),
        (12_884_901_888, "12.0 GiB"), (1_099_511_627_776, "1.00 TiB"), (Int64.max, "8192 PiB"), (-5, "-5 B"),
    ])
    func saysThreeDigitsAndAUnit(bytes: Int64, text: String) {
        #expect(ByteCount(bytes).description == text)
    }

    @Test func neverShowsMoreThanThreeDigitsBelowPebibytes() {
        var bytes: Int64 = 1
        while bytes < 1 << 58 {
            for value in [bytes - 1, bytes, bytes + 1, bytes / 1000 * 999] {
                let digits = ByteCount(value).description.filter(\.isNumber)
                if digits.count > 3 { Issue.record("\(value) is \(ByteCount(value))") }
            }
            bytes = bytes * 9 / 8 + 1
        }
    }

    @Test func recordsHoldAPlainNumber() throws {
        let data = try JSONEncoder().encode([ByteCount(4096 as Int64)])
        #expect(String(decoding: data, as: UTF8.self) == "[4096]")
        #expect(try JSONDecoder().decode([ByteCount].self, from: data) == [ByteCount(4096 as Int64)])
    }

    @Test func addsAndCompares() {
        #expect(ByteCount(1 as Int64) + ByteCount(2 as Int64) == ByteCount(3 as Int64))
        #expect(ByteCount.zero < ByteCount(1 as Int64))
    }
}
