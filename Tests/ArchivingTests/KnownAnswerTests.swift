import Archiving
import Model
import Testing

@Suite struct KnownAnswerTests {
    /// Source: RFC 5869, appendix A.1 to A.3.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 22), "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        (
            hex(0x00...0x4f), hex(0x60...0xaf), hex(0xb0...0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
        (
            String(repeating: "0b", count: 22), "", "",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ])
    func hkdf(secret: String, salt: String, info: String, answer: String) throws {
        let key = try bytes(secret).withUnsafeBytes {
            try Digests.hkdf(secret: $0, salt: bytes(salt), info: bytes(info), count: answer.utf8.count / 2)
        }
        #expect(key.withBytes { Hexadecimal.encode($0) } == answer)
    }

    /// Source: RFC 4231, test case 2.
    @Test func hmac() throws {
        let code = try Array("Jefe".utf8).withUnsafeBytes { key in
            try Array("what do ya want for nothing?".utf8).withUnsafeBytes { try Digests.hmac(key: key, $0) }
        }
        #expect(Hexadecimal.encode(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    /// Source: FIPS 180-4 examples, "abc".
    @Test func sha256() throws {
        let digest = try Array("abc".utf8).withUnsafeBytes { try Digests.sha256($0) }
        #expect(
            Hexadecimal.encode(digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    /// Source: RFC 7914, section 12.
    @Test(arguments: [
        (
            "", "", ScryptCost(n: 16, r: 1, p: 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "pleaseletmein", "SodiumChloride", ScryptCost(n: 16_384, r: 8, p: 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func scrypt(passphrase: String, salt: String, cost: ScryptCost, answer: String) throws {
        let key = try Array(passphrase.utf8).withUnsafeBytes {
            try cost.derive(passphrase: $0, salt: Array(salt.utf8), count: 64)
        }
        #expect(key.withBytes { Hexadecimal.encode($0) } == answer)
    }

    /// Source: McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16.
    @Test(arguments: [
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), "", "",
            "530f8afbc74536b9a963b4f1c4cb738b"
        ),
        (
            String(repeating: "00", count: 32), String(repeating: "00", count: 12), "",
            String(repeating: "00", count: 16), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
            "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ])
    func gcm(key: String, nonce: String, bound: String, plain: String, answer: String) throws {
        let cipher = try FrameCipher()
        let secret = KeyBytes(copying: try bytes(key))
        let plain = try bytes(plain)
        let bound = try bytes(bound)
        let nonce = try bytes(nonce)
        var sealed = [UInt8](repeating: 0, count: plain.count + FrameCipher.tagLength)
        // Twice with the same contexts: nothing of the first frame is left in the second.
        for _ in 0..<2 {
            try sealed.withUnsafeMutableBytes { sealed in
                try plain.withUnsafeBytes { plain in
                    try bound.withUnsafeBytes {
                        try cipher.seal(plain, key: secret, nonce: nonce, bound: $0, into: sealed)
                    }
                }
            }
            #expect(Hexadecimal.encode(sealed) == answer)
            var opened = [UInt8](repeating: 1, count: plain.count)
            let isGenuine = opened.withUnsafeMutableBytes { opened in
                sealed.withUnsafeBytes { sealed in
                    bound.withUnsafeBytes { cipher.open(sealed, key: secret, nonce: nonce, bound: $0, into: opened) }
                }
            }
            #expect(isGenuine && opened == plain)
        }
    }

    @Test func equalComparesContent() {
        #expect(Digests.equal([1, 2], [1, 2]))
        #expect(!Digests.equal([1, 2], [1, 3]))
        #expect(!Digests.equal([1, 2], [1, 2, 3]))
    }
}

private func hex(_ range: ClosedRange<UInt8>) -> String { Hexadecimal.encode(range) }

private func bytes(_ text: String) throws -> [UInt8] { try #require(Hexadecimal.decode(text)) }
