import Archiving
import Model
import Testing

@Suite struct ImageRootTests {
    private let hasher: PageHasher
    private let repository = RepositoryID(bytes: Array(0..<16))
    private let master = MasterKey(KeyBytes(copying: Array(0..<32)))

    init() throws { hasher = try master.pageHasher(of: repository) }

    @Test func theOrderOfPagesDoesNotMatter() {
        var random = SeededGenerator(seed: 11)
        var pages = (0..<500).map { (UInt32($0 % 3), UInt32($0), hash(random.bytes(512))) }
        var first = ImageRoot.empty
        for (file, page, hash) in pages { first.add(file: file, page: page, hash: hash, by: hasher) }
        pages.shuffle(using: &random)
        var left = ImageRoot.empty
        var right = ImageRoot.empty
        for (file, page, hash) in pages[..<200] { left.add(file: file, page: page, hash: hash, by: hasher) }
        for (file, page, hash) in pages[200...] { right.add(file: file, page: page, hash: hash, by: hasher) }
        left.add(right)
        #expect(left == first)
        for (file, page, hash) in pages { first.remove(file: file, page: page, hash: hash, by: hasher) }
        #expect(first == .empty)
    }

    @Test func fileNumberAndContentAllCount() {
        let one = hash([1])
        var roots: Set<ImageRoot> = [.empty]
        for (file, page, hash) in [(1, 1, one), (2, 1, one), (1, 2, one), (1, 1, hash([2]))]
            as [(UInt32, UInt32, PageHash)]
        {
            var root = ImageRoot.empty
            root.add(file: file, page: page, hash: hash, by: hasher)
            roots.insert(root)
        }
        #expect(roots.count == 5)
    }

    @Test func hashesAreOfThisRepositoryOnly() throws {
        let page = [UInt8](repeating: 7, count: 4096)
        let other = try master.pageHasher(of: RepositoryID(bytes: Array(1..<17)))
        let stranger = try MasterKey.random().pageHasher(of: repository)
        let hashes = [hasher, other, stranger].map { hasher in page.withUnsafeBytes { hasher.hash($0) } }
        #expect(Set(hashes).count == 3)
    }

    /// The check values of the format's specification.
    @Test func hashesAreThoseOfTheSpecification() {
        let hash = hash([UInt8](repeating: 0, count: 4096))
        var bytes = [UInt8](repeating: 0, count: PageHash.length)
        bytes.withUnsafeMutableBytes { hash.write(to: $0, at: 0) }
        #expect(Hexadecimal.encode(bytes) == "e3151e234d84d105a8ccbb847f13b953")
        var root = ImageRoot.empty
        root.add(file: 1, page: 0, hash: hash, by: hasher)
        #expect(root.description == "bc575a1ad4b411c900e703adfb33dae9")
    }

    @Test func theTextIsReadBack() throws {
        var root = ImageRoot.empty
        #expect(root.description == String(repeating: "0", count: 32))
        root.add(file: 1, page: 2, hash: hash([3]), by: hasher)
        #expect(ImageRoot(root.description) == root)
        #expect(ImageRoot(String(root.description.dropLast())) == nil)
        #expect(ImageRoot("+" + root.description.dropFirst()) == nil)
        #expect(ImageRoot("g" + root.description.dropFirst()) == nil)
    }

    @Test func hashBytesAreReadBack() {
        let hash = PageHash(low: 0x0102_0304_0506_0708, high: 0x090a_0b0c_0d0e_0f10)
        var bytes = [UInt8](repeating: 0, count: 20)
        bytes.withUnsafeMutableBytes { hash.write(to: $0, at: 3) }
        #expect(bytes[3...5] == [8, 7, 6])
        #expect(bytes[11...12] == [0x10, 0x0f])
        #expect(bytes.withUnsafeBytes { PageHash(from: $0, at: 3) } == hash)
    }

    private func hash(_ page: [UInt8]) -> PageHash { page.withUnsafeBytes { hasher.hash($0) } }
}
