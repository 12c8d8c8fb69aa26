import Glibc
import Model
import Platform
import Testing

@Suite(.folder) struct SecretsTests {
    private var path: String { "\(Fixture.folder)/key" }

    @Test func readsTheKeyWithoutItsLineBreak() throws {
        try put(bytes("correct horse\n"), path)
        let secret = try Secrets.keyFile(path)
        #expect(secret.count == 13)
        #expect(secret.withBytes { Array($0) } == bytes("correct horse"))
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o601, 0o777] as [UInt32])
    func refusesAKeyThatOthersMayRead(mode: UInt32) throws {
        try put(bytes("secret"), path).setMode(mode)
        let fault = fault { _ = try Secrets.keyFile(path) }
        #expect(fault?.code == .notPermitted)
        #expect(fault?.hint?.contains("chmod 600") == true)
        #expect(fault?.description.contains("secret") == false)
    }

    @Test func refusesEmptyAndOverlongKeys() throws {
        try put([], path)
        #expect(fault { _ = try Secrets.keyFile(path) }?.code == .keyDamaged)
        try put(bytes("\n"), "\(path)-line")
        #expect(fault { _ = try Secrets.keyFile("\(path)-line") }?.code == .keyDamaged)
        try put([UInt8](repeating: 7, count: 4097), "\(path)-long")
        #expect(fault { _ = try Secrets.keyFile("\(path)-long") }?.code == .keyDamaged)
        #expect(fault { _ = try Secrets.keyFile("\(path)-missing") }?.code == .notFound)
    }

    @Test func aSecretIsNotShown() {
        let secret = SecretBytes(bytes("hunter2"))
        #expect("\(secret)" == "(secret)")
        #expect(!String(reflecting: secret).contains("hunter2"))
        #expect(SecretBytes([]).withBytes { $0.count } == 0)
    }

    /// `dd` in VmFlags is the kernel's word for memory left out of core dumps. Source: proc(5), smaps.
    @Test func aSecretIsLeftOutOfCoreDumps() throws {
        let secret = SecretBytes(bytes("hunter2"))
        let address = secret.withBytes { UInt(bitPattern: $0.baseAddress) }
        var isInside = false
        for line in try String(decoding: Files.read("/proc/self/smaps", limit: 1 << 26), as: UTF8.self).split(
            separator: "\n")
        {
            let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
            if bounds.count == 2 { isInside = bounds[0] <= address && address < bounds[1] }
            guard isInside, line.hasPrefix("VmFlags:") else { continue }
            #expect(line.split(separator: " ").contains("dd"))
            return
        }
        Issue.record("the secret's memory is not mapped")
    }

    @Test func credentialsComeFromTheServiceManagerOnly() async throws {
        try put(bytes("from systemd"), "\(Fixture.folder)/repository-key").setMode(0o440)
        await #expect(processExitsWith: .success) { [folder = Fixture.folder as String] in
            unsetenv("CREDENTIALS_DIRECTORY")
            guard (try? Secrets.credential("repository-key")) == nil else { exit(10) }
            setenv("CREDENTIALS_DIRECTORY", folder, 1)
            let secret = try Secrets.credential("repository-key")
            guard secret.withBytes({ Array($0) }) == Array("from systemd".utf8) else { exit(11) }
            guard (try? Secrets.credential("../repository-key")) == nil else { exit(12) }
            exit(0)
        }
    }
}
