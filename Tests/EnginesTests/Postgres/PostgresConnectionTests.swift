import Testing

@Suite struct PostgresConnectionTests {
}
