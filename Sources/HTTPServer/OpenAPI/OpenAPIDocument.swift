internal import Model
internal import Wire

/// The description of the API, made of the table of routes and the wire types themselves.
///
/// Source: OpenAPI Specification 3.1.0.
package enum OpenAPIDocument {
    package static let bytes: [UInt8] = (try? WireCoding.encode(document(RouteTable.routes))) ?? []

    private static func document(_ routes: [Route]) -> JSONValue {
        var components = SchemaComponents()
        var paths: [String: [String: JSONValue]] = [:]
        for route in routes {
            paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route, &components)
        }
        let problem = components.reference(.of(ProblemObject.self))
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Holdfast", "version": "1",
                "description": "Times are RFC 3339, sizes bytes, durations seconds, ids strings.",
            ],
            "paths": .object(paths.mapValues { .object($0) }),
            "components": [
                "schemas": .object(components.schemas),
                "responses": [
                    "Problem": [
                        "description": "What failed, and what to do about it",
                        "content": ["application/problem+json": ["schema": problem]],
                    ]
                ],
            ],
        ]
    }

    private static func operation(_ route: Route, _ components: inout SchemaComponents) -> JSONValue {
        var operation: [String: JSONValue] = [
            "summary": .text(route.summary),
            "x-privilege": .text(route.privilege.rawValue),
            "responses": .object(responses(route.answer, &components)),
        ]
        let parameters = parameters(route, &components)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = route.body {
            operation["requestBody"] = ["content": content(body, &components)]
        }
        return .object(operation)
    }

    private static func parameters(_ route: Route, _ components: inout SchemaComponents) -> [JSONValue] {
        var parameters: [JSONValue] = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { step in
            [
                "name": .text(String(step.dropFirst().dropLast())), "in": "path", "required": true,
                "schema": ["type": "string"],
            ]
        }
        for parameter in route.parameters {
            parameters.append([
                "name": .text(parameter.name), "in": "query", "description": .text(parameter.note),
                "schema": components.reference(parameter.schema),
            ])
        }
        return parameters
    }

    private static func responses(
        _ answer: Route.Answer, _ components: inout SchemaComponents
    ) -> [String: JSONValue] {
        let problem: JSONValue = ["$ref": "#/components/responses/Problem"]
        switch answer {
        case .document(let schema):
            return ["200": ["description": "Done", "content": content(schema, &components)], "default": problem]
        case .accepted(let schema):
            let location: JSONValue = ["description": "Where to look", "schema": ["type": "string"]]
            return [
                "202": [
                    "description": "Work goes on", "headers": ["Location": location],
                    "content": content(schema, &components),
                ],
                "default": problem,
            ]
        case .followable(let schema, let event):
            let content: JSONValue = [
                "application/json": ["schema": components.reference(schema)],
                "text/event-stream": ["schema": components.reference(event)],
            ]
            return ["200": ["description": "Done", "content": content], "default": problem]
        case .file:
            let content: JSONValue = [
                "application/octet-stream": ["schema": ["type": "string", "format": "binary"]]
            ]
            return ["200": ["description": "The file's bytes", "content": content], "default": problem]
        }
    }

    private static func content(_ schema: Schema, _ components: inout SchemaComponents) -> JSONValue {
        ["application/json": ["schema": components.reference(schema)]]
    }
}

/// The named shapes of the document, gathered while they are referred to.
private struct SchemaComponents {
    private(set) var schemas: [String: JSONValue] = [:]

    mutating func reference(_ schema: Schema) -> JSONValue {
        guard case .object(let name?, _) = schema else { return inline(schema) }
        if schemas[name] == nil { schemas[name] = inline(schema) }
        return ["$ref": .text("#/components/schemas/\(name)")]
    }

    private mutating func inline(_ schema: Schema) -> JSONValue {
        switch schema {
        case .anything: [:]
        case .text: ["type": "string"]
        case .time: ["type": "string", "format": "date-time"]
        case .choice(let values): ["type": "string", "enum": .array(values.map { .text($0) })]
        case .integer: ["type": "integer"]
        case .number: ["type": "number"]
        case .boolean: ["type": "boolean"]
        case .texts: ["type": "object", "additionalProperties": ["type": "string"]]
        case .array(let element): ["type": "array", "items": reference(element)]
        case .object(_, let fields): object(fields)
        }
    }

    private mutating func object(_ fields: [Schema.Field]) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        for field in fields { properties[field.name] = reference(field.schema) }
        var object: [String: JSONValue] = ["type": "object", "properties": .object(properties)]
        let required = fields.filter(\.isRequired).map { JSONValue.text($0.name) }
        if !required.isEmpty { object["required"] = .array(required) }
        return .object(object)
    }
}
