import Model
import Platform

extension PostgresEngine {
    package func outlook() throws -> ServerOutlook? {
        let connection = try access.get().connectAnyhow()
        var outlook = ServerOutlook()
        let settings = try connection.query(
            """
            SELECT (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS megabytes,
              current_setting('ssl') AS ssl, current_setting('ssl_cert_file') AS certificate,
              current_setting('data_directory') AS folder
            """, needs: .monitoring
        ).one()
        let megabytes: Int64 = try settings.number("megabytes")
        outlook.slotLimit = megabytes < 0 ? nil : ByteCount(megabytes << 20)
        outlook.slots = try Self.slots(connection)
        guard try settings.text("ssl") == "on" else { return outlook }
        let name = try settings.text("certificate")
        let path = name.begins(with: "/") ? name : "\(try settings.text("folder"))/\(name)"
        outlook.certificate = path
        outlook.certificateExpires = (try? Files.read(path)).flatMap {
            Certificate.expiry(pem: String(decoding: $0, as: UTF8.self))
        }
        return outlook
    }

    private static func slots(_ connection: PostgresConnection) throws -> [ServerOutlook.Slot] {
        let statement = """
            SELECT slot_name AS name, active, coalesce(wal_status, 'lost') = 'lost' AS lost,
              CASE WHEN pg_is_in_recovery() THEN 0
                ELSE coalesce(pg_current_wal_lsn() - restart_lsn, 0)::bigint END AS kept
            FROM pg_replication_slots WHERE starts_with(slot_name, 'holdfast_') ORDER BY slot_name
            """
        return try connection.query(statement, needs: .monitoring).map { row in
            ServerOutlook.Slot(
                name: try row.text("name"), isActive: try row.flag("active"),
                kept: ByteCount(try row.number("kept", as: Int64.self)), isLost: try row.flag("lost"))
        }
    }
}
