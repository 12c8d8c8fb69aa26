/// How the plain bytes of a frame are packed before they are sealed.
package enum Codec: UInt8, Sendable {
    case raw = 0
    /// RFC 1950, one stream a frame.
    case zlib = 1
}
