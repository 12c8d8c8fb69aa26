import Model
import Storage

/// What a `FaultyStore` holds: contents and names, each with what of them is durable.
struct FaultyDisk {
    private struct File {
        var content: [UInt8] = []
        /// What survives for sure.
        var synced: [UInt8]?
        var folder: String
        var hadName = false
    }

    private enum Change {
        case given(String, Int)
        case taken(String)
    }

    let trouble: FaultyStore.Trouble
    private(set) var calls = 0
    private(set) var isDead = false
    /// Bytes that all files may take; nil for no limit.
    var capacity: Int?
    var tellsCapacity = true
    private var files: [Int: File] = [:]
    private var nextFile = 0
    private(set) var names: [String: Int] = [:]
    private var durableNames: [String: Int] = [:]
    /// Names given and taken since their folder was synced, in order.
    private var pending: [Change] = []

    init(trouble: FaultyStore.Trouble) { self.trouble = trouble }

    // MARK: Calls

    mutating func create(in folder: String) throws -> Int {
        try mutate {
            $0.files[$0.nextFile] = File(folder: folder)
            $0.nextFile += 1
            return $0.nextFile - 1
        }
    }

    mutating func append(_ bytes: [UInt8], to file: Int) throws -> UInt64 {
        try mutate { disk in
            if let capacity = disk.capacity, disk.used + bytes.count > capacity {
                throw Fault(.outOfSpace, "the disk is full")
            }
            guard var entry = disk.files[file] else { throw Fault(.inputOutput, "the file is gone") }
            disk.files[file] = nil
            let offset = entry.content.count
            entry.content += bytes
            disk.files[file] = entry
            return UInt64(offset)
        }
    }

    mutating func sync(_ file: Int) throws {
        try mutate { disk in
            guard let content = disk.files[file]?.content else { throw Fault(.inputOutput, "the file is gone") }
            disk.files[file]?.synced = content
        }
    }

    mutating func name(_ file: Int, _ name: String) throws {
        try mutate { disk in
            guard disk.names[name] == nil else { throw Fault(.targetExists, "\(name) exists") }
            disk.names[name] = file
            disk.files[file]?.hadName = true
            disk.pending.append(.given(name, file))
        }
    }

    mutating func syncNames(of folder: String) throws {
        try mutate { disk in
            disk.durableNames = disk.durableNames.filter { StoreName.folder(of: $0.key) != folder }
            for (name, file) in disk.names where StoreName.folder(of: name) == folder { disk.durableNames[name] = file }
            disk.pending.removeAll { change in
                switch change {
                case .given(let name, _), .taken(let name): StoreName.folder(of: name) == folder
                }
            }
        }
    }

    mutating func delete(_ name: String) throws {
        try mutate { disk in
            guard disk.names.removeValue(forKey: name) != nil else { return }
            disk.pending.append(.taken(name))
        }
    }

    mutating func dropUncommitted(in folder: String) throws {
        guard !isDead else { throw dead }
        let named = Set(names.values).union(durableNames.values)
        for (file, entry) in files where entry.folder == folder && !named.contains(file) { files[file] = nil }
    }

    mutating func abandon(_ file: Int) {
        guard !isDead, !names.values.contains(file) else { return }
        files[file] = nil
    }

    func content(of name: String) throws -> [UInt8]? {
        guard !isDead else { throw dead }
        return names[name].flatMap { files[$0]?.content }
    }

    func list(_ folder: String) throws -> [String] {
        guard !isDead else { throw dead }
        let start = folder.isEmpty ? "" : "\(folder)/"
        let parts = names.keys.filter { $0.hasPrefix(start) }.map { name in
            String(name.dropFirst(start.count).prefix { $0 != "/" })
        }
        return Set(parts).sorted()
    }

    mutating func tamper(_ name: String, _ bytes: [UInt8]?) {
        guard let bytes else {
            names[name] = nil
            durableNames[name] = nil
            return
        }
        files[nextFile] = File(content: bytes, synced: bytes, folder: StoreName.folder(of: name))
        names[name] = nextFile
        durableNames[name] = nextFile
        nextFile += 1
    }

    /// Bytes of files that have a name or will get one.
    var used: Int {
        let named = Set(names.values)
        return files.reduce(0) { $0 + (named.contains($1.key) || !$1.value.hadName ? $1.value.content.count : 0) }
    }

    var uncommittedCount: Int { files.values.filter { !$0.hadName }.count }

    // MARK: Trouble

    private var dead: Fault { Fault(.inputOutput, "the power is gone") }

    private mutating func mutate<Result>(_ body: (inout FaultyDisk) throws -> Result) throws -> Result {
        guard !isDead else { throw dead }
        calls += 1
        switch trouble {
        case .fails(let number, let code) where number == calls: throw Fault(code, "call \(number) fails")
        case .killedBefore(let number) where number == calls:
            isDead = true
            throw dead
        case .killedAfter(let number) where number == calls:
            _ = try body(&self)
            isDead = true
            throw dead
        default: return try body(&self)
        }
    }

    func copy(trouble: FaultyStore.Trouble) -> FaultyDisk {
        var disk = FaultyDisk(trouble: trouble)
        disk.files = files
        disk.nextFile = nextFile
        disk.names = names
        disk.durableNames = durableNames
        disk.pending = pending
        disk.capacity = capacity
        disk.tellsCapacity = tellsCapacity
        return disk
    }

    /// Every unsynced change of a name happened or not, each by itself; unsynced content is whole, cut, torn or empty.
    func afterPowerCut(seed: UInt64) -> FaultyDisk {
        var random = SeededGenerator(seed: seed)
        var disk = FaultyDisk(trouble: .none)
        disk.nextFile = nextFile
        disk.names = durableNames
        for change in pending where Bool.random(using: &random) {
            switch change {
            case .given(let name, let file): disk.names[name] = file
            case .taken(let name): disk.names[name] = nil
            }
        }
        disk.durableNames = disk.names
        for file in files.keys.sorted() {
            guard var entry = files[file] else { continue }
            entry.content = entry.synced ?? torn(entry.content, &random)
            entry.synced = entry.content
            disk.files[file] = entry
        }
        return disk
    }

    private func torn(_ content: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return content
        case 1: return []
        case 2: return Array(content.prefix(Int.random(in: 0...content.count, using: &random)))
        default:
            var torn = content
            for start in stride(from: 0, to: torn.count, by: 512) where Bool.random(using: &random) {
                for index in start..<min(start + 512, torn.count) { torn[index] = 0 }
            }
            return torn
        }
    }
}
