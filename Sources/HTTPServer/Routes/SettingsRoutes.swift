internal import Model
internal import Wire

extension RouteTable {
    static let settings: [Route] = [
        Route(
            .get, "/v1/settings", .viewSettings, "The settings in force and where each came from",
            answer: .document(.list(of: EffectiveSetting.self))
        ) { call in
            try .list(await call.service.effectiveSettings(for: call.actor))
        },
        Route(
            .post, "/v1/settings/reload", .reloadSettings, "Read the settings again; bad ones change nothing",
            answer: .document(.list(of: EffectiveSetting.self))
        ) { call in
            try .list(await call.service.reload(by: call.actor))
        },
    ]
}
