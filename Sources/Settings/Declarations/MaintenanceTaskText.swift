package import Model

/// A task of a window as people write it: its name, its deadline after `=`, and `!` when its failure ends the window.
package enum MaintenanceTaskText {
    /// - Parameter before: tasks as they were, whose deadlines stay where none is written.
    /// - Returns: nil for what can't be read.
    package static func task(_ text: String, before: [MaintenanceTask] = []) -> MaintenanceTask? {
        let stops = text.hasSuffix("!")
        let parts = (stops ? text.dropLast() : text[...]).split(separator: "=", maxSplits: 1).map(String.init)
        guard let kind = parts.first.flatMap(MaintenanceTask.Kind.init(rawValue:)) else { return nil }
        var task = before.first { $0.kind == kind } ?? MaintenanceTask(kind)
        task.onFailure = stops ? .stop : .goOn
        guard parts.count == 2 else { return task }
        guard let deadline = SettingText.duration(parts[1]) else { return nil }
        task.deadlineSeconds = Int(deadline.components.seconds)
        return task
    }

    package static func text(_ task: MaintenanceTask) -> String {
        let end = task.onFailure == .stop ? "!" : ""
        return "\(task.kind.rawValue)=\(SettingText.text(task.deadline))\(end)"
    }
}
