import Archiving
import EnginesTestSupport
import Foundation
import Model
import Operations
import Platform
import Storage
import Testing
import Wire

/// Curves for `etc/bench --scale`: what is done with one unit of so many recovery points.
///
/// `HOLDFAST_BENCH=1 HOLDFAST_SCALE_POINTS=100000 TMPDIR=/dev/shm swift test -c release --filter PointScaleBench`
@Suite(.enabled(if: ScaleSetting.isOn && ScaleSetting.text("POINTS") != nil), .serialized)
struct PointScaleBench {
    /// An image of 2,000 pages, so that whole maps come as rarely as with databases worth a backup a second.
    @Test(.offThePool) func manyPoints() async throws {
        let count = try #require(Int(ScaleSetting.text("POINTS") ?? ""))
        let figures = ScaleFigures(size: String(count))
        let fixture = try HostFixture(tail: "[backup]\non_demand_cooldown = \"0s\"", size: 8_000_000)
        try await fixture.backUp()
        let unit = try #require(try fixture.repository.units().first)
        // The newest is two days old: all but the newest of each hour have been superseded.
        let first = WallClock.now() - .seconds(2 * 86_400 + count)
        try await figures.measure("make") {
            var mill = try PointMill(fixture.repository, unit)
            for index in 1..<count { try mill.makePoint(at: first + .seconds(index)) }
        }
        try await commits(fixture, unit, figures)
        try await opening(fixture, unit, figures)
        try await listing(fixture, unit, figures)
        try await pruning(fixture, unit, figures)
        try await starts(fixture, figures)
    }

    private func commits(_ fixture: HostFixture, _ unit: UnitID, _ figures: ScaleFigures) async throws {
        var mill = try PointMill(fixture.repository, unit)
        let old = WallClock.now() - .seconds(2 * 86_400)
        let calls = try await figures.measure("commit_20") {
            let before = SystemCalls()
            for index in 0..<20 { try mill.makePoint(at: old + .seconds(index)) }
            return SystemCalls() - before
        }
        figures.note("commit_reads", Double(calls.reads) / 20)
        figures.note("commit_bytes_read", Double(calls.bytes) / 20)
        try LedgerWriter.run("update", fixture.root("data/ledger.db"), "--rows", "3", "--seed", "5")
        try await fixture.backUp()
        var times: [Duration] = []
        for seed in 10..<15 {
            try LedgerWriter.run("update", fixture.root("data/ledger.db"), "--rows", "3", "--seed", "\(seed)")
            let start = ContinuousClock.now
            try await fixture.backUp()
            times.append(ContinuousClock.now - start)
        }
        figures.note("run_of_a_backup_s", times.sorted()[2].inSeconds)
    }

    private func opening(
        _ fixture: HostFixture, _ unit: UnitID, _ figures: ScaleFigures, _ when: String = ""
    ) async throws {
        let newest = try #require(try fixture.repository.sequences(of: unit).last)
        for (name, sequence) in [("open_newest\(when)", newest), ("open_old\(when)", newest * 5 / 8 - 1)] {
            let before = SystemCalls()
            try await figures.measure(name) {
                var cursor = try fixture.repository.image(sequence, of: unit).cursor(by: FrameBench())
                while try cursor.next() != nil {}
            }
            figures.note("\(name)_bytes_read", Double((SystemCalls() - before).bytes))
        }
    }

    private func starts(_ fixture: HostFixture, _ figures: ScaleFigures) async throws {
        try await figures.measure("start") { try fixture.restart() }
        try await figures.measure("start_without_catalog") { try fixture.restart(losingCatalog: true) }
    }

    private func listing(_ fixture: HostFixture, _ unit: UnitID, _ figures: ScaleFigures) async throws {
        try await figures.measure("status") { _ = try await fixture.service.databases(deleted: false, for: .daemon) }
        try await figures.measure("list_100") {
            _ = try await fixture.service.backups(BackupFilter(limit: 100), for: .daemon)
        }
        let newest = try await fixture.service.backups(BackupFilter(limit: 6), for: .daemon)[5].id
        // The first look reads the records up to the next full.
        let middle = BackupID(unit: unit, sequence: newest.sequence / 2)
        try await figures.measure("show_one") { _ = try await fixture.service.backup(middle, for: .daemon) }
        let count = try await figures.measure("list_all") {
            let listing = try await fixture.service.backupListing(BackupFilter(), for: .daemon)
            var count = 0
            while let part = try await listing.next() { count += part.count }
            return count
        }
        figures.note("listed", Double(count))
        try await figures.measure("preserve_one") { _ = try await fixture.service.preserve(newest, by: .daemon) }
        // It was made now, and nothing counts as older than what it was made after.
        let first = BackupID(unit: unit, sequence: 1)
        try await figures.measure("delete_one") { _ = try await fixture.service.delete(first, by: .daemon) }
    }

    private func pruning(_ fixture: HostFixture, _ unit: UnitID, _ figures: ScaleFigures) async throws {
        // Nearly all of them stay: the daily course.
        try await figures.measure("prune_of_few") {
            try fixture.repository.prune(unit: unit, deleting: Set(2...11))
        }
        try await opening(fixture, unit, figures, "_after_prune")
        try LedgerWriter.run("update", fixture.root("data/ledger.db"), "--rows", "3", "--seed", "70")
        try await figures.measure("backup_after_prune_of_few") { try await fixture.backUp() }
        let preview = try await figures.measure("preview") {
            try await fixture.service.previewRetention(PruneRequest(now: true), for: .daemon)
        }
        figures.note("preview_removed", Double(preview[0].verdicts.count { $0.verdict == .removed }))
        try await figures.measure("prune") { try await fixture.prune(PruneRequest(now: true)) }
        let left = try await fixture.service.backups(BackupFilter(deleted: true), for: .daemon).count
        figures.note("left", Double(left))
        try await figures.measure("backup_after_prune") {
            try LedgerWriter.run("update", fixture.root("data/ledger.db"), "--rows", "3", "--seed", "77")
            try await fixture.backUp()
        }
    }
}

/// What this process has asked of the system. Source: proc(5), io.
private struct SystemCalls {
    var reads = 0
    var bytes = 0

    init() {
        let text = (try? String(contentsOfFile: "/proc/self/io", encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.first == "rchar:" { bytes = Int(parts[1]) ?? 0 }
            if parts.first == "syscr:" { reads = Int(parts[1]) ?? 0 }
        }
    }

    static func - (later: SystemCalls, earlier: SystemCalls) -> SystemCalls {
        var difference = later
        difference.reads -= earlier.reads
        difference.bytes -= earlier.bytes
        return difference
    }
}
