package import Catalog
package import Model
package import Policies

/// Orders of a server's maintenance that wait until the state behind them is durable, with what is to be said of them.
package struct MaintenanceOutbox {
    package private(set) var orders: [MaintenanceOrder] = []
    package private(set) var messages: [MessageDraft] = []
    package private(set) var ended: [MaintenanceEntry] = []

    package init() {}

    package var isEmpty: Bool { orders.isEmpty && messages.isEmpty && ended.isEmpty }

    /// - Parameter actor: on whose behalf the orders came.
    package mutating func add(_ new: [MaintenanceOrder], _ texts: MaintenanceTexts, by actor: Actor) {
        orders += new
        for order in new {
            if var message = texts.message(order) {
                if message.actor == .daemon { message.actor = actor }
                messages.append(message)
            }
            switch order {
            case .report(let report): ended.append(.report(report))
            case .skip(let skip): ended.append(.skip(skip))
            case .announce, .withdraw, .message, .perform, .cancel, .reopenFailed: break
            }
        }
    }

    /// Takes out what needs no durable state, because it only ends work and opens: done twice it does no harm, and no full
    /// disk may keep databases closed.
    package mutating func takeUrgent() -> [MaintenanceOrder] {
        let cancelled = Set(orders.compactMap { if case .cancel(let number) = $0 { number } else { nil } })
        var urgent: [MaintenanceOrder] = []
        orders = orders.filter { order in
            switch order {
            case .cancel, .perform(.reopen, _, _):
                urgent.append(order)
                return false
            case .perform(_, let number, _): return !cancelled.contains(number)
            case .announce, .withdraw, .message, .reopenFailed, .report, .skip: return true
            }
        }
        return urgent
    }
}
