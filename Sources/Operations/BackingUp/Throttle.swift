import Foundation
import Model
import Platform
import Synchronization

/// Keeps reading from a source below so many bytes a second.
final class Throttle: Sendable {
    private let bytesPerSecond: Double?
    private let begun = BootClock.now()
    private let passed = Mutex(0)

    /// - Parameter bytesPerSecond: nil is unlimited.
    init(bytesPerSecond: ByteCount?) { self.bytesPerSecond = bytesPerSecond.map { Double($0.bytes) } }

    /// Waits until that many more bytes may have been read.
    func passed(_ bytes: Int) {
        guard let bytesPerSecond, bytesPerSecond > 0 else { return }
        let total = passed.withLock { passed in
            passed += bytes
            return passed
        }
        let ahead = Double(total) / bytesPerSecond - (BootClock.now() - begun).inSeconds
        if ahead > 0 { Thread.sleep(forTimeInterval: ahead) }
    }
}
