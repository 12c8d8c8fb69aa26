/// A list as a JSON document: an object, so that fields can be added beside it.
package struct Listing<Item: Sendable & Codable>: Sendable, Codable {
    package var items: [Item]

    package init(_ items: [Item]) { self.items = items }
}
