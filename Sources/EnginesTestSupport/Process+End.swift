import Foundation
import Glibc

extension Process {
    /// As `waitUntilExit()`, which on Linux turns a run loop that has nothing to wait for, and takes a core from those who
    /// are to end.
    package func waitForEnd() {
        while isRunning { usleep(2_000) }
    }
}
