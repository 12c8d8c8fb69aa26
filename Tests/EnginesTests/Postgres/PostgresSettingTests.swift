import Engines
import Model
import Testing

@Suite struct PostgresSettingTests {
    @Test func aConnectionIsRefusedBeforeAnyServerIsAsked() {
        let fault = { EngineRegistry.connectionFault("postgres", server: "main", connection: $0) }
        #expect(fault("host=/nonexistent user=holdfast") == nil)
        #expect(fault("usr=holdfast")?.code == .badSettings)
        let secret = fault("host=/nonexistent password=geheim")
        #expect(secret?.code == .badSettings && secret?.message.contains("geheim") == false)
        #expect(secret?.hint?.contains("passfile") == true)
        #expect(EngineRegistry.connectionFault("sqlite", server: "crm", connection: nil) == nil)
    }
}
