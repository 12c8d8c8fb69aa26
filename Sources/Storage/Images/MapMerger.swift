import Archiving
import Model

/// Merges layers into maps, outside the commit of backups.
struct MapMerger {
    let unit: UnitStore
    let chain: Chain
    let bench: FrameBench

    /// Writes the map of a range of backups; durable on return.
    ///
    /// - Throws: `point-damaged` when a layer can't be read in any way.
    func merge(_ range: ClosedRange<SequenceNumber>) throws {
        let name = chain.name(ofMap: range)
        try MapWriter(unit: unit, bench: bench).write(
            name, of: unit.layers(of: range, in: chain, by: bench), in: chain, syncNames: true)
        unit.useAgain(map: name)
    }

    /// Writes a map anew that was found unreadable.
    ///
    /// - Throws: as `merge`; nothing is deleted then.
    func replace(_ range: ClosedRange<SequenceNumber>) throws {
        let name = chain.name(ofMap: range)
        var narrower = chain
        narrower.maps.remove(range)
        // What can't be made anew stays: a part of it may still be readable.
        let layers = try unit.layers(of: range, in: narrower, by: bench)
        var probe = ImageCursor(layers, of: unit, in: narrower, table: ObjectTable(), by: bench)
        while try probe.next() != nil {}
        try unit.store.delete(unit.path(name))
        try unit.store.syncNames(of: unit.folder(of: name))
        try MapWriter(unit: unit, bench: bench).write(name, of: layers, in: narrower, syncNames: true)
        unit.useAgain(map: name)
    }
}
