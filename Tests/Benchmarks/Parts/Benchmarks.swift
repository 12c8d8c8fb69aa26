import Benchmark

/// What `etc/bench --parts` measures.
let benchmarks: @Sendable () -> Void = {
    codecs()
    ciphers()
    pageHashes()
    mapLookups()
    recurrences()
    messageInserts()
}

/// Times of one thread; counts of allocations need the library's own interposer, which is left out.
func configuration(_ scale: BenchmarkScalingFactor = .one) -> Benchmark.Configuration {
    Benchmark.Configuration(
        metrics: [.wallClock, .throughput], warmupIterations: 3, scalingFactor: scale, maxDuration: .seconds(2),
        maxIterations: 100_000)
}
