import Model
import Wire

extension RestoreRequest {
    /// - Throws: `wrong-usage` for what contradicts itself.
    func check() throws {
        guard inPlace != (to != nil) else {
            throw Fault(.wrongUsage, "say where to restore to: to a new path or in place")
        }
        guard backup == nil || at == nil else {
            throw Fault(.wrongUsage, "name a backup or a time, not both")
        }
    }
}
