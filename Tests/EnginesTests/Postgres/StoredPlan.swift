import Engines
import Foundation

/// The plan as a caller keeps it.
enum Stored {
    static func encode(_ plan: PostgresFencePlan) throws -> Data { try JSONEncoder().encode(plan) }
    static func decode(_ data: Data) throws -> PostgresFencePlan {
        try JSONDecoder().decode(PostgresFencePlan.self, from: data)
    }
}
