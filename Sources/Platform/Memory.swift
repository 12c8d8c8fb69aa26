import CLinux

/// Memory of this process.
package enum Memory {
    /// Gives what was freed back to the system; worth its milliseconds only when nothing works.
    package static func giveBack() { holdfast_trim_memory() }
}
