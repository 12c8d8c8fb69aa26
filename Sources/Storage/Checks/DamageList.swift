import Model

/// Frames that are known to be damaged, by object.
package struct DamageList: Sendable, Equatable, Codable {
    package struct Item: Sendable, Equatable, Codable {
        package var object: ObjectName
        /// Nil when the whole object is missing or doesn't open.
        package var frames: [UInt32]?

        package init(object: ObjectName, frames: [UInt32]?) {
            self.object = object
            self.frames = frames
        }
    }

    private var whole: Set<ObjectName> = []
    private var frames: [ObjectName: Set<UInt32>] = [:]

    package init() {}

    package init(_ items: some Sequence<Item>) {
        for item in items { insert(item) }
    }

    package var isEmpty: Bool { whole.isEmpty && frames.isEmpty }

    package mutating func insert(_ item: Item) {
        guard let added = item.frames else {
            whole.insert(item.object)
            return
        }
        frames[item.object, default: []].formUnion(added)
    }

    package mutating func formUnion(_ other: DamageList) {
        for item in other.items { insert(item) }
    }

    package func contains(_ frame: UInt32, of object: ObjectName) -> Bool {
        whole.contains(object) || frames[object]?.contains(frame) == true
    }

    /// In the order of names.
    package var items: [Item] {
        let parts = frames.filter { !whole.contains($0.key) }.map { Item(object: $0.key, frames: $0.value.sorted()) }
        return (parts + whole.map { Item(object: $0, frames: nil) }).sorted { $0.object.path < $1.object.path }
    }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([Item].self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(items)
    }
}
