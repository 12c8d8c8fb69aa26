/// A page of an image as one number: images are sorted by file, then page.
package struct PageKey: Sendable, Hashable, Comparable {
    package let value: UInt64

    init(value: UInt64) { self.value = value }
    package init(file: UInt32, page: UInt32) { value = UInt64(file) << 32 | UInt64(page) }

    package static let first = PageKey(value: 0)
    /// After every page that an image can hold.
    static let end = PageKey(value: .max)

    package var file: UInt32 { UInt32(value >> 32) }
    package var page: UInt32 { UInt32(truncatingIfNeeded: value) }

    package static func < (left: PageKey, right: PageKey) -> Bool { left.value < right.value }
}
