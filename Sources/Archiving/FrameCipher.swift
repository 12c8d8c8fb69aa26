import COpenSSL
import Model

/// AES-256-GCM with contexts that are used again and again; for one thread at a time.
///
/// Source: NIST SP 800-38D; nonces have 12 bytes, tags 16.
package final class FrameCipher {
    package static let keyLength = 32
    package static let nonceLength = 12
    package static let tagLength = 16

    private let sealing: OpaquePointer
    private let opening: OpaquePointer

    package init() throws {
        guard let sealing = EVP_CIPHER_CTX_new() else { throw Self.failure }
        guard let opening = EVP_CIPHER_CTX_new() else {
            EVP_CIPHER_CTX_free(sealing)
            throw Self.failure
        }
        self.sealing = sealing
        self.opening = opening
        guard EVP_EncryptInit_ex(sealing, EVP_aes_256_gcm(), nil, nil, nil) == 1,
            EVP_DecryptInit_ex(opening, EVP_aes_256_gcm(), nil, nil, nil) == 1
        else { throw Self.failure }
    }

    deinit {
        EVP_CIPHER_CTX_free(sealing)
        EVP_CIPHER_CTX_free(opening)
    }

    private static var failure: Fault { Fault(.internalError, "aes-256-gcm is not available") }

    /// Writes ciphertext and tag.
    ///
    /// - Parameter sealed: 16 bytes longer than `plain`; may start where `plain` starts.
    package func seal(
        _ plain: UnsafeRawBufferPointer, key: KeyBytes, nonce: [UInt8], bound: UnsafeRawBufferPointer,
        into sealed: UnsafeMutableRawBufferPointer
    ) throws {
        precondition(sealed.count == plain.count + Self.tagLength && nonce.count == Self.nonceLength)
        precondition(key.count == Self.keyLength)
        var count: Int32 = 0
        let output = sealed.bindMemory(to: UInt8.self).baseAddress
        let done = key.withBytes { key in
            EVP_EncryptInit_ex(sealing, nil, nil, key.bindMemory(to: UInt8.self).baseAddress, nonce) == 1
                && EVP_EncryptUpdate(
                    sealing, nil, &count, bound.bindMemory(to: UInt8.self).baseAddress, Int32(bound.count)) == 1
                && (plain.isEmpty
                    || EVP_EncryptUpdate(
                        sealing, output, &count, plain.bindMemory(to: UInt8.self).baseAddress, Int32(plain.count)) == 1)
                && EVP_EncryptFinal_ex(sealing, output?.advanced(by: plain.count), &count) == 1
                && EVP_CIPHER_CTX_ctrl(
                    sealing, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), output?.advanced(by: plain.count)) == 1
        }
        guard done else { throw Fault(.internalError, "aes-256-gcm failed to seal") }
    }

    /// Writes the plain bytes; false, with `plain` zeroed, when key, nonce, bound bytes or sealed bytes are not those of
    /// the seal.
    ///
    /// - Parameter plain: 16 bytes shorter than `sealed`; may start where `sealed` starts.
    package func open(
        _ sealed: UnsafeRawBufferPointer, key: KeyBytes, nonce: [UInt8], bound: UnsafeRawBufferPointer,
        into plain: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(sealed.count == plain.count + Self.tagLength && nonce.count == Self.nonceLength)
        precondition(key.count == Self.keyLength)
        var count: Int32 = 0
        var tag = sealed.bytes(at: plain.count, count: Self.tagLength)
        let input = sealed.bindMemory(to: UInt8.self).baseAddress
        let output = plain.bindMemory(to: UInt8.self).baseAddress
        let done = key.withBytes { key in
            EVP_DecryptInit_ex(opening, nil, nil, key.bindMemory(to: UInt8.self).baseAddress, nonce) == 1
                && EVP_DecryptUpdate(
                    opening, nil, &count, bound.bindMemory(to: UInt8.self).baseAddress, Int32(bound.count)) == 1
                && (plain.isEmpty || EVP_DecryptUpdate(opening, output, &count, input, Int32(plain.count)) == 1)
                && EVP_CIPHER_CTX_ctrl(opening, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagLength), &tag) == 1
                && EVP_DecryptFinal_ex(opening, output?.advanced(by: plain.count), &count) == 1
        }
        if !done { plain.initializeMemory(as: UInt8.self, repeating: 0) }
        return done
    }
}
