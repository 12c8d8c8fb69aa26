import Model
import Testing

@Suite struct FaultTests {
    private struct Strange: Error, CustomStringConvertible {
        let description = "strange thing"
    }

    @Test func readsAsCommandsPrintIt() {
        let fault = Fault(.noKeyMatches, "cannot open repository: no key matches", hint: "try another key file")
        #expect(fault.description == "cannot open repository: no key matches [no-key-matches]")
    }

    @Test func namesTheFaultUnderneath() {
        let cause = Fault(.outOfSpace, "cannot write /srv/x: no space left on device")
        let fault = Fault(.backupFailed, "cannot back up crm/a.db", cause: cause)
        #expect(fault.cause == "cannot write /srv/x: no space left on device [out-of-space]")
        #expect(
            fault.description
                == "cannot back up crm/a.db: cannot write /srv/x: no space left on device [out-of-space] [backup-failed]"
        )
    }

    @Test func aFaultStaysItselfWhenWrapped() {
        let fault = Fault(.notFound, "no database named x")
        #expect(Fault.wrapping(fault) == fault)
    }

    @Test func otherErrorsBecomeInternal() {
        let fault = Fault.wrapping(Strange())
        #expect(fault.code == .internalError)
        #expect(fault.message.contains("strange thing"))
    }
}
