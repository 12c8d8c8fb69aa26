import COpenSSL

/// AES-256-GCM under a key that everybody knows; for one thread.
final class Cipher {
    static let tagLength = 16

    private let context: OpaquePointer
    private let isSealing: Bool

    init(sealing: Bool) throws {
        guard let context = EVP_CIPHER_CTX_new() else { throw Failure(text: "no memory for a cipher") }
        self.context = context
        isSealing = sealing
        let key = [UInt8](repeating: 7, count: 32)
        guard EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nil, key, nil, sealing ? 1 : 0) == 1 else {
            throw Failure(text: "aes-256-gcm is not available")
        }
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Seals bytes in place and writes the tag behind them.
    func seal(_ bytes: UnsafeMutableRawBufferPointer, block: Int) throws {
        let (content, tag) = try begin(bytes, block)
        var count: Int32 = 0
        guard EVP_EncryptUpdate(context, content, &count, content, Int32(bytes.count - Self.tagLength)) == 1,
            EVP_EncryptFinal_ex(context, tag, &count) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagLength), tag) == 1
        else { throw Failure(text: "cannot seal block \(block)") }
    }

    /// Opens bytes in place.
    func open(_ bytes: UnsafeMutableRawBufferPointer, block: Int) throws {
        let (content, tag) = try begin(bytes, block)
        var count: Int32 = 0
        guard EVP_DecryptUpdate(context, content, &count, content, Int32(bytes.count - Self.tagLength)) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagLength), tag) == 1,
            EVP_DecryptFinal_ex(context, tag, &count) == 1
        else { throw Failure(text: "cannot open block \(block)") }
    }

    private func begin(
        _ bytes: UnsafeMutableRawBufferPointer, _ block: Int
    ) throws -> (content: UnsafeMutablePointer<UInt8>, tag: UnsafeMutablePointer<UInt8>) {
        guard bytes.count > Self.tagLength, let content = bytes.bindMemory(to: UInt8.self).baseAddress else {
            throw Failure(text: "block \(block) is empty")
        }
        let nonce = withUnsafeBytes(of: UInt64(block).littleEndian) { Array($0) + [0, 0, 0, 0] }
        guard EVP_CipherInit_ex(context, nil, nil, nil, nonce, isSealing ? 1 : 0) == 1 else {
            throw Failure(text: "cannot begin block \(block)")
        }
        return (content, content + (bytes.count - Self.tagLength))
    }
}
