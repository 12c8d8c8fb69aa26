import Archiving
package import Model
import Platform

extension Repository {
    /// Opens everything that is stored: every byte of every object, keys and description included.
    ///
    /// Finds flipped bits, cut, missing, renamed and exchanged objects, and says which backups suffer.
    ///
    /// - Parameter progress: called from several threads with the bytes of each object; what it throws ends the check.
    package func check(
        threads: Int = Threads.cores, progress: @escaping @Sendable (UInt64) throws -> Void = { _ in }
    ) throws -> CheckReport {
        var report = try checkTop()
        for name in try store.list(Self.unitsFolder) {
            guard let unit = UnitID(name), unit.description == name else {
                report.findings.append(
                    finding("\(Self.unitsFolder)/\(name)", unknownName("\(Self.unitsFolder)/\(name)")))
                continue
            }
            report.add(try UnitCheck(unit: unitStore(unit), threads: threads, progress: progress).everything())
        }
        return report
    }

    /// As `check`, for the objects of one unit.
    package func check(
        unit: UnitID, threads: Int = Threads.cores, progress: @escaping @Sendable (UInt64) throws -> Void = { _ in }
    ) throws -> CheckReport {
        try UnitCheck(unit: unitStore(unit), threads: threads, progress: progress).everything()
    }

    /// As `check`, for the objects that one backup needs: level `stored` of a verification.
    package func check(
        _ sequence: SequenceNumber, of unit: UnitID, threads: Int = Threads.cores,
        progress: @escaping @Sendable (UInt64) throws -> Void = { _ in }
    ) throws -> CheckReport {
        try UnitCheck(unit: unitStore(unit), threads: threads, progress: progress).point(sequence)
    }

    private func checkTop() throws -> CheckReport {
        var report = CheckReport()
        let bench = try FrameBench()
        let known: Set<String> = [
            Self.descriptorName, Self.keysFolder, Self.unitsFolder, RepositoryLock.name, Self.mountPointFolder,
        ]
        for name in try store.list("") where !known.contains(name) {
            report.findings.append(finding(name, unknownName(name)))
        }
        report.objects += 1
        if let fault = fault({ try checkDescriptor() }) { report.findings.append(finding(Self.descriptorName, fault)) }
        let names = try store.list(Self.keysFolder)
        for name in names where Identifier(name)?.description != name && !isSeal(name) {
            report.findings.append(finding("\(Self.keysFolder)/\(name)", unknownName("\(Self.keysFolder)/\(name)")))
        }
        for slot in Set(names.compactMap { Identifier($0.replacing(".seal", with: "")) }) {
            report.objects += 2
            if let fault = fault({ try checkSlot(slot, by: bench) }) {
                report.findings.append(finding(Self.path(slot), fault))
            }
        }
        return report
    }

    /// Byte for byte what was written: other white space would not change its meaning, yet nobody wrote it.
    private func checkDescriptor() throws {
        let bytes = try Self.descriptorBytes(store)
        let descriptor = try RepositoryDescriptor(bytes, name: Self.descriptorName)
        try descriptor.check(master, name: Self.descriptorName)
        guard descriptor.id == id, try descriptor.encoded() == bytes else {
            throw Fault(.repositoryDamaged, "\(Self.descriptorName) is damaged: it is not as it was written")
        }
    }

    private func checkSlot(_ slot: Identifier, by bench: FrameBench) throws {
        let sealed = try sealedSlot(slot, by: bench)
        guard try store.read(Self.path(slot), limit: 1 << 16) == sealed else {
            throw Fault(
                .keyDamaged, "key \(slot) is damaged: it is not as it was written",
                hint: "open the repository with another key, remove this one and add it again")
        }
    }

    private func isSeal(_ name: String) -> Bool {
        name.hasSuffix(".seal") && Identifier(String(name.dropLast(5))).map { "\($0).seal" } == name
    }

    private func fault(_ body: () throws -> Void) -> Fault? {
        do {
            try body()
            return nil
        } catch {
            return Fault.wrapping(error)
        }
    }

    private func finding(_ object: String, _ fault: Fault) -> CheckReport.Finding {
        CheckReport.Finding(object: object, unit: nil, frames: nil, fault: fault, affected: [])
    }

    private func unknownName(_ name: String) -> Fault {
        Fault(.repositoryDamaged, "\(name) is not a name of this repository's format")
    }
}
