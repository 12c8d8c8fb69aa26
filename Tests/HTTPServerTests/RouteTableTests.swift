import Foundation
import HTTPServer
import Model
import Testing

@Suite struct RouteTableTests {
    @Test func everyRouteNamesAPrivilegeAndNoTwoAreAlike() {
        let names = RouteTable.routes.map { "\($0.method.rawValue) \($0.path)" }
        #expect(Set(names).count == names.count)
        #expect(names.count > 25)
        for route in RouteTable.routes {
            #expect(route.path.hasPrefix("/v1/"))
            let opensToAll = ["/v1/openapi.json", "/v1/whoami"].contains(route.path)
            #expect((route.privilege == .identify) == opensToAll)
        }
    }

    @Test func readingNeedsAnotherPrivilegeThanChanging() {
        let reading = Set(RouteTable.routes.filter { $0.method == .get }.map(\.privilege))
        let changing = Set(RouteTable.routes.filter { $0.method != .get }.map(\.privilege))
        #expect(reading.isDisjoint(with: changing))
    }

    @Test func theDescriptionNamesEveryRouteItsPrivilegeAndItsShapes() throws {
        let object = try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.bytes))
        let document = try #require(object as? [String: Any])
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
        for route in RouteTable.routes {
            let operation = try #require(paths[route.path]?[route.method.rawValue.lowercased()])
            #expect(operation["x-privilege"] as? String == route.privilege.rawValue)
        }
        let components = try #require(document["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: [String: Any]])
        let backup = try #require(schemas["Backup"]?["properties"] as? [String: [String: Any]])
        #expect(backup["stored_bytes"]?["type"] as? String == "integer")
        #expect(backup["instant"]?["format"] as? String == "date-time")
        #expect(backup["kind"]?["enum"] as? [String] == ["full", "progressive"])
        let required = try #require(schemas["Backup"]?["required"] as? [String])
        #expect(required.contains("database") && !required.contains("comment"))
        #expect(schemas["Status"] != nil && schemas["VerifyReport"] != nil && schemas["ProblemObject"] != nil)
    }
}
