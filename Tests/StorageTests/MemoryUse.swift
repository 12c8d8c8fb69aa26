import Glibc

/// The memory of this process.
enum MemoryUse {
    /// The most that was ever resident.
    static func peakKiB() -> Int {
        var usage = rusage()
        let itself: Int32 = 0
        getrusage(itself, &usage)
        return Int(usage.ru_maxrss)
    }
}
