import Glibc

/// Standard output and standard error.
package enum StandardStream {
    /// Writes all of `text`.
    /// - Returns: 0, or the `errno` of a stream that takes no more, such as `EPIPE` when its reader has gone.
    package static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return errno }
            bytes = bytes.dropFirst(count)
        }
        return 0
    }
}
