import Archiving

extension Head {
    /// What `RecordCoding.encode` writes of it, byte for byte, without a tree in memory of as many nodes as there are
    /// backups: about 70 bytes for each.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + points.count * 72 + objects.count * 44)
        bytes += "{\"content\":{\"generation\":\(generation),\"objects\":[".utf8
        for (index, object) in objects.enumerated() {
            // Names have nothing that JSON escapes.
            bytes += "\(index == 0 ? "" : ",")\"\(object.path)\"".utf8
        }
        bytes += "],\"points\":[".utf8
        for (index, point) in points.enumerated() {
            bytes += "\(index == 0 ? "" : ","){\"from\":\(point.from),\"is_void\":\(point.isVoid)".utf8
            if let map = point.map { bytes += ",\"map\":\(map)".utf8 }
            bytes += ",\"sequence\":\(point.sequence)}".utf8
        }
        bytes += "],\"up_to\":\(upTo)},\"format\":\(RecordCoding.format)}".utf8
        return bytes
    }
}
