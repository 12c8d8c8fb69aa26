import Model

/// Checks that runs hold every page of every file once, in order.
struct Coverage {
    private let files: [ImageFile]
    private let name: String
    private var index = 0
    private var page: UInt32 = 0

    /// - Parameter files: those of the image that are read.
    init(of files: [ImageFile], name: String) {
        self.files = files.sorted { $0.id < $1.id }
        self.name = name
        skipFull()
    }

    /// - Throws: `point-damaged`.
    mutating func take(_ run: ImageRun) throws {
        guard index < files.count, files[index].id == run.file, page == run.firstPage,
            UInt64(page) + UInt64(run.count) <= UInt64(files[index].pages)
        else { throw gap() }
        page += UInt32(run.count)
        skipFull()
    }

    /// - Throws: `point-damaged` when pages were missing at the end.
    func finish() throws {
        guard index == files.count else { throw gap() }
    }

    private mutating func skipFull() {
        while index < files.count, page == files[index].pages {
            index += 1
            page = 0
        }
    }

    private func gap() -> Fault {
        Fault(
            .pointDamaged, "\(name) is damaged: its pages are not those that its file table promises",
            context: ["object": name])
    }
}
