import EnginesTestSupport
import Testing

@Suite struct SQLiteContractTests {
    @Test(arguments: ["wal", "delete", "truncate", "persist"])
    func keepsTheContractAtRest(journal: String) throws {
        try EngineContract(SQLiteFixture(journal: journal)).verify()
    }

    @Test(arguments: ["wal", "delete"])
    func keepsTheContractWhileAClientHoldsTheDatabase(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal)
        let holder = try LedgerWriter.start("hold", fixture.path)
        try holder.waitUntilReady()
        try fixture.change()
        try EngineContract(fixture).verifyReading()
        try EngineContract(fixture).verifyClients()
        _ = try holder.finish()
    }
}
