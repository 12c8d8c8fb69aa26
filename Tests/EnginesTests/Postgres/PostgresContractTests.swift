import EnginesTestSupport
import Foundation
import Testing

@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresContractTests {
    @Test func keepsTheContract() throws { try EngineContract(PostgresSubject()).verify() }
}
