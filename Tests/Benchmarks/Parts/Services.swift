import Benchmark
import Catalog
import Foundation
import Model
import Platform
import Policies

/// The next occurrence of a schedule.
func recurrences() {
    for text in ["Mon..Fri 23:00", "*-*~1 02:30", "every 5m"] {
        Benchmark("recurrence: next of \"\(text)\"", configuration: configuration(.kilo)) { benchmark in
            let zone = try ZoneRules(name: "Europe/Berlin", tzif: ZoneFiles.read("Europe/Berlin"))
            let recurrence = try Recurrence(text, zone: zone)
            var instant = Instant(seconds: 1_800_000_000)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { instant = recurrence.next(after: instant)?.instant ?? instant }
            benchmark.stopMeasurement()
            blackHole(instant)
        }
    }
}

/// Messages that belong to no other transition: one transaction each, durable on return.
func messageInserts() {
    Benchmark("message insert: one, durable", configuration: configuration()) { benchmark in
        let catalog = try Scratch.catalog.get()
        let draft = MessageDraft(
            .success, .backupSucceeded, "backed up crm/sales.db", database: DatabaseName("crm/sales.db"))
        benchmark.startMeasurement()
        blackHole(try catalog.record([draft], at: Instant(seconds: 1_800_000_000)))
        benchmark.stopMeasurement()
    } teardown: {
        try? Scratch.catalog.get().close()
        try? FileManager.default.removeItem(atPath: Scratch.folder)
    }
}

/// A catalog in a folder of this run.
private enum Scratch {
    static let folder = "\(FileManager.default.temporaryDirectory.path)/holdfast-parts-\(Identifier.random())"
    static let catalog = Result {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try Catalog.open("\(folder)/catalog.db")
    }
}
