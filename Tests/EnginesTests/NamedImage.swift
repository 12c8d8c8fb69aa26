import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform

/// An image that is kept up to date by the pages that a change finder names, and proven page by page against the snapshot.
final class NamedImage {
    enum Found: Equatable {
        case unchanged
        /// So many pages were named, of which so many had changed.
        case named(Int, changed: Int)
        case compared(reason: String)
    }

    struct Missed: Error, CustomStringConvertible {
        let description: String
    }

    private let database: FoundDatabase
    private let path: String
    private let image: File
    private var token: String?
    /// Bytes.
    private var length: Int64 = 0

    init(_ database: FoundDatabase, at path: String) throws {
        self.database = database
        self.path = path
        image = try File.create(path, mode: 0o600)
    }

    /// Takes a snapshot, starting over as a backup does when a commit came in between.
    ///
    /// - Throws: `Missed` when a page changed that was not named.
    func follow(_ engine: any Engine) throws -> Found {
        var tries = 0
        while true {
            do {
                let snapshot = try engine.snapshot(of: database, patience: tries < 3 ? .fresh : .exhausted)
                defer { snapshot.close() }
                return try follow(snapshot, engine.changes(of: database, since: token))
            } catch let fault as Fault where fault.code == .sourceChanged && tries < 50 {
                tries += 1
            }
        }
    }

    private func follow(_ snapshot: any Snapshot, _ finding: ChangeFinding) throws -> Found {
        let file = snapshot.files[0]
        var changed: [(page: UInt32, bytes: [UInt8])] = []
        try read(snapshot, file) { page, bytes in
            guard try !bytes.elementsEqual(stored(page, file.pageSize)) else { return }
            changed.append((page, Array(bytes)))
        }
        try snapshot.finish()
        let found = try judge(finding, changed.map(\.page), grown: file.length > length)
        for (page, bytes) in changed {
            try bytes.withUnsafeBytes { try image.write($0, at: Int64(page) * Int64(file.pageSize)) }
        }
        truncate(path, off_t(file.length))
        length = file.length
        token = snapshot.token
        return found
    }

    private func judge(_ finding: ChangeFinding, _ changed: [UInt32], grown: Bool) throws -> Found {
        switch finding {
        case .unknown(let reason): return .compared(reason: reason)
        case .unchanged:
            guard changed.isEmpty else { throw Missed(description: "unchanged, but \(changed.prefix(20)) changed") }
            return .unchanged
        case .pages(let pages):
            let named = pages[0] ?? []
            let missed = changed.filter { !named.contains($0) }
            guard missed.isEmpty else { throw Missed(description: "\(missed.prefix(20)) changed and were not named") }
            return .named(named.count, changed: changed.count)
        }
    }

    private func read(
        _ snapshot: any Snapshot, _ file: SnapshotFile, _ each: (UInt32, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * file.pageSize, alignment: 4096)
        defer { buffer.deallocate() }
        for first in stride(from: UInt32(0), to: file.pages, by: 64) {
            let range = first..<min(file.pages, first + 64)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(range.count * file.pageSize)])
            try snapshot.read(pages: range, of: 0, into: part)
            for page in range {
                let start = Int(page - first) * file.pageSize
                try each(page, UnsafeRawBufferPointer(rebasing: part[start..<start + file.pageSize]))
            }
        }
    }

    /// Empty for a page that the image doesn't hold.
    private func stored(_ page: UInt32, _ pageSize: Int) throws -> [UInt8] {
        let offset = Int64(page) * Int64(pageSize)
        return offset < length ? try image.read(count: pageSize, at: offset) : []
    }
}
