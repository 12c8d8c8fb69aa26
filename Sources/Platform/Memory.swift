import CLinux

/// Memory of this process.
package enum Memory {
    /// Gives back to the system what was freed, and pages of code that the last work needed; worth its milliseconds only
    /// when nothing works.
    package static func giveBack() { holdfast_trim_memory() }
}
