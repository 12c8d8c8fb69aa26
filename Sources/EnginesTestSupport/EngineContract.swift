import Engines
import Foundation
import Model
import Testing

/// What every engine promises; each engine's tests run all of it.
package struct EngineContract {
    let subject: any EngineSubject

    package init(_ subject: any EngineSubject) { self.subject = subject }

    package func verify() throws {
        try verifyReading()
        try verifyClients()
        try verifyClosing()
        try verifyRestoring()
    }

    var engine: any Engine { subject.engine }

    /// Asks until it is so: sessions and processes end a moment after they were left.
    func eventually(_ what: String, at location: SourceLocation, _ isSo: () throws -> Bool) throws {
        let end = Date() + 30
        while try !isSo() {
            guard Date() < end else {
                Issue.record("waited in vain for \(what)", sourceLocation: location)
                return
            }
            usleep(2000)
        }
    }

    /// Expects a refusal that names the remedy.
    func expectRefusal(
        _ code: Code = .wrongUsage, at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) {
        let fault = #expect(throws: Fault.self, sourceLocation: location) { try body() }
        #expect(fault?.code == code, sourceLocation: location)
        #expect(fault?.hint?.isEmpty == false, sourceLocation: location)
    }
}
